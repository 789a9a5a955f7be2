package sequence_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"temper/reference/sequence"
)

// Text becomes numbers, a model counts them, and numbers become text again.
func Example() {
	v, err := sequence.NewVocabulary("begin", []string{"a", "b", "."}, "end")
	if err != nil {
		panic(err)
	}
	text, err := v.Tokens("a", "b", ".", "b", "end")
	if err != nil {
		panic(err)
	}
	m, err := sequence.NewMarkov(v.Size(), 2, v.End(), 0, [][]int{text})
	if err != nil {
		panic(err)
	}
	prompt := text[:2]
	tokens, err := sequence.Generate(m, prompt, v.End(), 10, 0, nil)
	if err != nil {
		panic(err)
	}
	symbols, err := v.Symbols(tokens...)
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Join(symbols, " "))
	// Output: a b . b end
}

// Begin is context only: its code is the zero row.
func ExampleOneHot() {
	codes, err := sequence.OneHot([]int{sequence.Begin, 0, 2}, 3)
	fmt.Println(codes[:3], codes[3:6], codes[6:], err)
	tokens, err := sequence.FromOneHot(codes, 3)
	fmt.Println(tokens, err)
	// Output:
	// [0 0 0] [1 0 0] [0 0 1] <nil>
	// [-1 0 2] <nil>
}

// Any table of sequence probabilities has conditionals, and is their product:
// p(ba) = p(b) p(a | b).
func ExampleLogProb() {
	m, err := sequence.NewJoint(2, 2, []float64{0.1, 0.2, 0.3, 0.4}) // aa ab ba bb
	if err != nil {
		panic(err)
	}
	a, b := 0, 1
	whole, count, _ := sequence.LogProb(m, nil, []int{b, a})
	fmt.Printf("p(ba)    = %.3f, %d factors\n", math.Exp(whole), count)
	first, _, _ := sequence.LogProb(m, nil, []int{b})
	second, _, _ := sequence.LogProb(m, []int{b}, []int{a})
	fmt.Printf("p(b)     = %.3f\np(a | b) = %.3f\n", math.Exp(first), math.Exp(second))
	// Output:
	// p(ba)    = 0.300, 2 factors
	// p(b)     = 0.700
	// p(a | b) = 0.429
}

// A model that has learnt a text is less surprised by it than one that knows
// only how many tokens there are.
func ExamplePerplexity() {
	text := []int{0, 1, 0, 1, 0, 0, 1}
	for _, learnt := range [][][]int{nil, {text}} {
		m, err := sequence.NewMarkov(2, 1, -1, 1, learnt)
		if err != nil {
			panic(err)
		}
		perplexity, err := sequence.Perplexity(sequence.LogProb, m, text)
		fmt.Printf("%.2f %v\n", perplexity, err)
	}
	// Output:
	// 2.00 <nil>
	// 1.60 <nil>
}

// At T = 0 the completion of a prompt is always the same, and needs no source of
// randomness. Otherwise it is a function of the seed.
func ExampleGenerate() {
	m, err := sequence.NewMarkov(3, 1, -1, 0.1, [][]int{{0, 1, 2, 0, 1, 0, 1, 2, 2}})
	if err != nil {
		panic(err)
	}
	prompt := []int{2}
	greedy, err := sequence.Generate(m, prompt, -1, 4, 0, nil)
	fmt.Println(greedy, err)
	once, _ := sequence.Generate(m, prompt, -1, 4, 1, rand.NewPCG(7, 0))
	again, _ := sequence.Generate(m, prompt, -1, 4, 1, rand.NewPCG(7, 0))
	fmt.Println(fmt.Sprint(once) == fmt.Sprint(again))
	// Output:
	// [2 0 1 2 0] <nil>
	// true
}

// The same temperature at each step and on the whole: the greedy path begins
// with the likeliest token, a, but the likeliest sequence is ba. The colder, the
// rarer it becomes per step, and the likelier on the whole.
func ExampleWholeSequence() {
	m, err := sequence.NewJoint(2, 2, []float64{0.31, 0.29, 0.36, 0.04})
	if err != nil {
		panic(err)
	}
	names := []string{"aa", "ab", "ba", "bb"}
	for _, temperature := range []float64{1, 0.5, 0.1} {
		q, err := sequence.PerStep(m, nil, -1, 2, temperature)
		if err != nil {
			panic(err)
		}
		pi, _, err := sequence.WholeSequence(m, nil, -1, 2, temperature)
		if err != nil {
			panic(err)
		}
		fmt.Printf("T = %v, KL(q ‖ π) = %.3f\n", temperature, math.Abs(sequence.KullbackLeibler(q, pi)))
		for i, name := range names {
			fmt.Printf("  %s  per step %.3f  whole %.3f\n", name, math.Exp(q[i].LogProb), math.Exp(pi[i].LogProb))
		}
	}
	// Output:
	// T = 1, KL(q ‖ π) = 0.000
	//   aa  per step 0.310  whole 0.310
	//   ab  per step 0.290  whole 0.290
	//   ba  per step 0.360  whole 0.360
	//   bb  per step 0.040  whole 0.040
	// T = 0.5, KL(q ‖ π) = 0.027
	//   aa  per step 0.369  whole 0.309
	//   ab  per step 0.323  whole 0.270
	//   ba  per step 0.304  whole 0.416
	//   bb  per step 0.004  whole 0.005
	// T = 0.1, KL(q ‖ π) = 1.268
	//   aa  per step 0.650  whole 0.167
	//   ab  per step 0.333  whole 0.086
	//   ba  per step 0.017  whole 0.747
	//   bb  per step 0.000  whole 0.000
}
