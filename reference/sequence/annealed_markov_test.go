package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// chain is one small Markov model with a length, for which every sequence can
// be enumerated.
type chain struct {
	name               string
	m                  *sequence.Markov
	prompt             []int
	vocab, end, length int
}

// smallChains have skewed, asymmetric rows, prompts, and, where delta is 0,
// masked tokens.
func smallChains(t *testing.T) []chain {
	t.Helper()
	var chains []chain
	for seed := range uint64(4) {
		for _, end := range []int{-1, 2} {
			for order := range 3 {
				for _, delta := range []float64{0, 0.3} {
					const vocab, length = 3, 5
					m, err := sequence.NewMarkov(vocab, order, end, delta, skewedSequences(seed, vocab, end))
					if err != nil {
						t.Fatal(err)
					}
					name := fmt.Sprintf("seed=%d/end=%d/order=%d/delta=%v", seed, end, order, delta)
					chains = append(chains,
						chain{name, m, nil, vocab, end, length},
						chain{name + "/prompt", m, []int{1, 0}, vocab, end, length})
				}
			}
		}
	}
	return chains
}

// skewedSequences favour token (seed + previous) mod vocab; with an end they all
// end, and without one they are long, so that no context is only the last.
func skewedSequences(seed uint64, vocab, end int) [][]int {
	rng := rand.New(rand.NewPCG(seed, 1))
	sequences := [][]int{{1, 0, 1, 1, 0, 0, 2}}
	for len(sequences) < 12 {
		tokens := []int{}
		for !slices.Contains(tokens, end) && len(tokens) < 40 {
			token := rng.IntN(vocab)
			if rng.Float64() < 0.6 {
				token = (int(seed) + len(tokens)%2) % vocab
			}
			tokens = append(tokens, token)
		}
		if end >= 0 && !slices.Contains(tokens, end) {
			tokens = append(tokens, end)
		}
		sequences = append(sequences, tokens)
	}
	return sequences
}

// enumerated is the exact answer.
func enumerated(t *testing.T, c chain, temperature float64) (sequence.Distribution, float64) {
	t.Helper()
	annealed, logZ, err := sequence.WholeSequence(c.m, c.prompt, c.end, c.length, temperature)
	if err != nil {
		t.Fatal(err)
	}
	return annealed, logZ
}

func closeTo(got, want, tolerance float64) bool {
	return got == want || math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))
}

func temperatures() []float64 { return []float64{0.05, 0.3, 0.5, 1, 1.7, 40, math.Inf(1)} }

func anneal(t *testing.T, c chain, temperature float64) *sequence.AnnealedMarkov {
	t.Helper()
	a, err := sequence.NewAnnealedMarkov(c.m, c.end, len(c.prompt)+c.length, temperature)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTransferMatricesAgreeWithEnumeration(t *testing.T) {
	for _, c := range smallChains(t) {
		for _, temperature := range temperatures() {
			want, wantLogZ := enumerated(t, c, temperature)
			a := anneal(t, c, temperature)
			if logZ, err := a.LogPartition(c.prompt); err != nil || !closeTo(logZ, wantLogZ, 1e-13) {
				t.Errorf("%s T=%v: log Z = %v, %v, want %v", c.name, temperature, logZ, err, wantLogZ)
			}
			got, err := sequence.PerStep(a, c.prompt, c.end, c.length, 1)
			if err != nil {
				t.Fatal(err)
			}
			assertSameLaw(t, fmt.Sprintf("%s T=%v", c.name, temperature), got, want)
		}
	}
}

func TestAtTemperatureZeroTheSequencesAreTheMostProbableOnes(t *testing.T) {
	for _, c := range smallChains(t) {
		want, _ := enumerated(t, c, 0)
		a := anneal(t, c, 0)
		got, err := sequence.PerStep(a, c.prompt, c.end, c.length, 1)
		if err != nil {
			t.Fatal(err)
		}
		assertSameLaw(t, c.name, got, want)
		first, logProb, logWays, err := a.MostProbable(c.prompt)
		if err != nil || !slices.Equal(first, want[0].Tokens) || !closeTo(logWays, math.Log(float64(len(want))), 1e-13) {
			t.Errorf("%s: %v (e^%v ways), %v; want %v (%d ways)", c.name, first, logWays, err, want[0].Tokens, len(want))
		}
		if scored, _, err := sequence.LogProb(c.m, c.prompt, first); err != nil || !closeTo(logProb, scored, 1e-13) {
			t.Errorf("%s: log p = %v, %v; the chain rule says %v", c.name, logProb, err, scored)
		}
	}
}

func TestAllMostProbableSequencesAreFoundWhenTheyTie(t *testing.T) {
	// After begin a and b are equally probable, then each repeats itself.
	m, err := sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 0, 0, 1}, {1, 1, 1, 1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := sequence.NewAnnealedMarkov(m, -1, 6, 0)
	if err != nil {
		t.Fatal(err)
	}
	modes, err := sequence.PerStep(a, nil, -1, 6, 1)
	if err != nil || len(modes) != 2 || !slices.Equal(modes[0].Tokens, make([]int, 6)) || modes[1].LogProb != -math.Ln2 {
		t.Errorf("modes %v, %v; want 000000 and 111111 with 1/2 each", modes, err)
	}
}

func TestTiesAreFoundThroughTheRoundingOfTheirSums(t *testing.T) {
	// a and b are as probable; then a repeats itself with 4, 5, 6 sevenths, and b
	// with 6, 4, 5: the same product, whose logarithms add up to different floats.
	var sequences [][]int
	var extend func(prefix, sevenths []int, count int)
	extend = func(prefix, sevenths []int, count int) {
		if len(sevenths) == 0 {
			for range count {
				sequences = append(sequences, slices.Clone(prefix))
			}
			return
		}
		same := prefix[0]
		extend(append(prefix, same), sevenths[1:], count*sevenths[0])
		extend(append(prefix, 1-same), sevenths[1:], count*(7-sevenths[0]))
	}
	extend([]int{0}, []int{4, 5, 6}, 1)
	extend([]int{1}, []int{6, 4, 5}, 1)
	m, err := sequence.NewMarkov(2, 3, -1, 0, sequences)
	if err != nil {
		t.Fatal(err)
	}
	a, err := sequence.NewAnnealedMarkov(m, -1, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, logWays, err := a.MostProbable(nil); err != nil || logWays != math.Ln2 {
		t.Errorf("%v ways, %v; want aaaa and bbbb", math.Exp(logWays), err)
	}
}

func TestDivergencesAgreeWithEnumeration(t *testing.T) {
	for _, c := range smallChains(t) {
		for _, temperature := range temperatures() {
			name := fmt.Sprintf("%s T=%v", c.name, temperature)
			q, err := sequence.PerStep(c.m, c.prompt, c.end, c.length, temperature)
			if err != nil {
				t.Fatal(err)
			}
			pi, logZ := enumerated(t, c, temperature)
			a := anneal(t, c, temperature)
			d, err := a.Divergence(c.prompt)
			if err != nil {
				t.Fatal(err)
			}
			const tolerance = 1e-11
			if got, want := d.PerStepToWhole(), sequence.KullbackLeibler(q, pi); !closeTo(got, want, tolerance) {
				t.Errorf("%s: KL(q ‖ π) = %v, want %v", name, got, want)
			}
			if got, want := d.WholeToPerStep(), sequence.KullbackLeibler(pi, q); !closeTo(got, want, tolerance) {
				t.Errorf("%s: KL(π ‖ q) = %v, want %v", name, got, want)
			}
			square := momentByEnumeration(q, pi, logZ, 2)
			if got, want := d.EffectiveSampleShare(), math.Exp(2*logZ-square); !closeTo(got, want, tolerance) {
				t.Errorf("%s: ESS/N = %v, want %v", name, got, want)
			}
			for _, order := range []float64{0.5, 2, 3} {
				want := (momentByEnumeration(q, pi, logZ, order) - order*logZ) / (order - 1)
				if got, err := a.Renyi(order, c.prompt); err != nil || !closeTo(got, want, tolerance) {
					t.Errorf("%s: Rényi divergence of order %v is %v, %v; want %v", name, order, got, err, want)
				}
			}
			for _, divergence := range []float64{sequence.KullbackLeibler(q, pi), sequence.KullbackLeibler(pi, q),
				must(a.Renyi(0.5, c.prompt)), must(a.Renyi(2, c.prompt))} {
				if !(divergence >= 0) {
					t.Errorf("%s: a divergence is %v, below 0", name, divergence)
				}
			}
			if got, err := a.Renyi(1, c.prompt); err != nil || got != d.WholeToPerStep() {
				t.Errorf("%s: Rényi divergence of order 1 is %v, %v; want KL(π ‖ q) = %v", name, got, err, d.WholeToPerStep())
			}
		}
	}
}

// momentByEnumeration is log E_q W^b, where W = Z·π/q.
func momentByEnumeration(q, pi sequence.Distribution, logZ, b float64) float64 {
	perStep := map[string]float64{}
	for _, c := range q {
		perStep[fmt.Sprint(c.Tokens)] = c.LogProb
	}
	sum := 0.0
	for _, c := range pi {
		logQ := perStep[fmt.Sprint(c.Tokens)]
		sum += math.Exp(logQ + b*(logZ+c.LogProb-logQ))
	}
	return math.Log(sum)
}

func assertSameLaw(t *testing.T, name string, got, want sequence.Distribution) {
	t.Helper()
	i := 0
	for _, c := range got {
		if i < len(want) && slices.Equal(c.Tokens, want[i].Tokens) {
			if !closeTo(c.LogProb, want[i].LogProb, 1e-12) {
				t.Errorf("%s: log π%v = %v, want %v", name, c.Tokens, c.LogProb, want[i].LogProb)
			}
			i++
		} else {
			t.Errorf("%s: %v is impossible, but has log π = %v", name, c.Tokens, c.LogProb)
		}
	}
	if i < len(want) {
		t.Errorf("%s: %v is missing", name, want[i].Tokens)
	}
}

func TestExactDrawsHaveTheFrequenciesOfThePartition(t *testing.T) {
	c := smallChains(t)[3]
	want, _ := enumerated(t, c, 0.5)
	a := anneal(t, c, 0.5)
	counts := map[string]int{}
	src := rand.NewPCG(3, 4)
	const draws = 20_000
	for range draws {
		completion, err := a.Draw(c.prompt, src)
		if err != nil {
			t.Fatal(err)
		}
		counts[fmt.Sprint(completion)]++
	}
	for _, w := range want {
		p := math.Exp(w.LogProb)
		// The seed is fixed; six standard deviations leave room for another.
		if got := float64(counts[fmt.Sprint(w.Tokens)]) / draws; math.Abs(got-p) > 6*math.Sqrt(p/draws)+1e-9 {
			t.Errorf("%v came with frequency %v, want %v", w.Tokens, got, p)
		}
	}
}

func TestNothingUnderflowsInLongSequencesAtLowTemperature(t *testing.T) {
	const vocab, length, temperature = 4, 100_000, 0.05
	m, err := sequence.NewMarkov(vocab, 1, -1, 0.5, skewedSequences(1, vocab, -1))
	if err != nil {
		t.Fatal(err)
	}
	a, err := sequence.NewAnnealedMarkov(m, -1, length, temperature)
	if err != nil {
		t.Fatal(err)
	}
	d, err := a.Divergence(nil)
	if err != nil {
		t.Fatal(err)
	}
	rates, err := sequence.NewAnnealingRates(m, temperature)
	if err != nil {
		t.Fatal(err)
	}
	for name, pair := range map[string][2]float64{
		"log Z":   {d.LogPartition, rates.LogPartition},
		"KL(q‖π)": {d.PerStepToWhole(), rates.PerStepToWhole},
		"KL(π‖q)": {d.WholeToPerStep(), rates.WholeToPerStep},
		"log ESS": {2*d.LogPartition - d.LogSquare, rates.LogEffectiveSampleRate},
	} {
		if perToken := pair[0] / length; math.Abs(perToken-pair[1]) > 1e-4*(1+math.Abs(pair[1])) {
			t.Errorf("%s per token is %v, in the limit %v", name, perToken, pair[1])
		}
	}
	completion, err := a.Draw(nil, rand.NewPCG(1, 2))
	if err != nil || len(completion) != length {
		t.Errorf("drew %d tokens, %v", len(completion), err)
	}
}

func TestExtremeTemperaturesAreTheirLimits(t *testing.T) {
	for _, c := range smallChains(t) {
		for _, pair := range [][2]float64{{1e-290, 0}, {1e300, math.Inf(1)}} {
			got, want := make([]float64, c.vocab), make([]float64, c.vocab)
			for row, temperature := range map[*[]float64]float64{&got: pair[0], &want: pair[1]} {
				if err := anneal(t, c, temperature).LogConditional(*row, c.prompt); err != nil {
					t.Fatal(err)
				}
			}
			for v := range got {
				if !closeTo(got[v], want[v], 1e-12) && !(got[v] < -1e250 && math.IsInf(want[v], -1)) {
					t.Errorf("%s: log π(%d) = %v at T = %v, %v at %v", c.name, v, got[v], pair[0], want[v], pair[1])
				}
			}
		}
	}
}

func TestTransferRefusesWhatHasNoAnswer(t *testing.T) {
	free, err := sequence.NewMarkov(2, 1, -1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	ending, err := sequence.NewMarkov(3, 1, 2, 0, [][]int{{0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		m           *sequence.Markov
		end, length int
		temperature float64
		want        error
	}{
		{"negative temperature", free, -1, 4, -1, reference.ErrTemperature},
		{"temperature NaN", free, -1, 4, math.NaN(), reference.ErrTemperature},
		{"a temperature too small", free, -1, 4, 5e-324, reference.ErrTemperature},
		{"negative length", free, -1, -2, 1, reference.ErrShape},
		{"unlimited without end", free, -1, sequence.Unlimited, 1, reference.ErrShape},
		{"a table too large", free, -1, 1 << 30, 1, reference.ErrShape},
		{"end outside the vocabulary", free, 2, 4, 1, reference.ErrToken},
		{"not the model's end", ending, 1, 4, 1, reference.ErrToken},
		{"no end for a model with one", ending, -1, 4, 1, reference.ErrToken},
	} {
		if _, err := sequence.NewAnnealedMarkov(c.m, c.end, c.length, c.temperature); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	a, err := sequence.NewAnnealedMarkov(ending, 2, 3, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		prompt []int
		want   error
	}{
		{"an impossible prompt", []int{1}, sequence.ErrImpossiblePrefix},
		{"a prompt that goes on after end", []int{0, 1, 2, 0}, sequence.ErrImpossiblePrefix},
		{"a prompt too long", []int{0, 1, 0, 1}, sequence.ErrImpossiblePrefix},
		{"a token outside the vocabulary", []int{3}, reference.ErrToken},
	} {
		if _, err := a.LogPartition(c.prompt); !errors.Is(err, c.want) {
			t.Errorf("log Z after %s: %v, want %v", c.name, err, c.want)
		}
		if _, err := a.Draw(c.prompt, rand.NewPCG(0, 0)); !errors.Is(err, c.want) {
			t.Errorf("draw after %s: %v, want %v", c.name, err, c.want)
		}
	}
	short, err := sequence.NewAnnealedMarkov(ending, 2, 2, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := short.LogPartition(nil); !errors.Is(err, reference.ErrNoSupport) {
		t.Errorf("nothing ends within 2 tokens: %v, want ErrNoSupport", err)
	}
	zero, err := sequence.NewAnnealedMarkov(free, -1, 4, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := zero.LogPartition(nil); !errors.Is(err, reference.ErrTemperature) {
		t.Errorf("log Z at T = 0: %v, want ErrTemperature", err)
	}
	if _, _, _, err := a.MostProbable(nil); !errors.Is(err, reference.ErrTemperature) {
		t.Errorf("most probable sequence at T = 0.5: %v, want ErrTemperature", err)
	}
	for _, order := range []float64{-1, 0, math.Inf(1), math.NaN()} {
		if _, err := a.Renyi(order, nil); !errors.Is(err, sequence.ErrOrder) {
			t.Errorf("Rényi divergence of order %v: %v, want ErrOrder", order, err)
		}
	}
}

func TestAnEndedPromptAndALengthOfZeroHaveTheEmptyCompletion(t *testing.T) {
	for _, c := range []struct {
		prompt     []int
		end, limit int
	}{{[]int{0, 1, 2}, 2, 4}, {nil, -1, 0}} {
		m, err := sequence.NewMarkov(3, 1, c.end, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		dst := make([][]int, 1)
		logZ, err := sequence.AnnealByTransfer(dst, m, c.prompt, c.end, c.limit, 0.5, rand.NewPCG(1, 1))
		if err != nil || logZ != 0 || dst[0] == nil || len(dst[0]) != 0 {
			t.Errorf("prompt %v, limit %d: %v, log Z = %v, %v", c.prompt, c.limit, dst, logZ, err)
		}
	}
}
