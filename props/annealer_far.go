package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// annealerFarLaws are about small errors, the ends of lengths and temperatures, models that
// fail, and goroutines.
func annealerFarLaws() []Law {
	return []Law{annealerFineLaw(), annealerEndsLaw(), annealerZeroFarLaw(), annealerFailingLaw(), annealerConcurrentLaw(), annealerUsedLaw(), annealerNothingLaw()}
}

// An extreme is a problem in which one completion has nearly all probability.
type extreme struct {
	name        string
	model       sequence.Model
	prompt      []int
	limit       int
	temperature float64
}

func (e extreme) String() string {
	return fmt.Sprintf("%s, prompt %s, limit %d, T = %v", e.name, listed(e.prompt), e.limit, e.temperature)
}
func (e extreme) GoString() string { return e.String() }

// extremes are problems of few completions: fewer than 2²¹ sequences of the length, for
// samplers that enumerate.
var extremes = sync.OnceValue(func() []extreme {
	one, sparse, long := markovOf(1, [][]int{{0, 0}}), sparsely(), newTurning(true, 8, 3)
	all := []extreme{
		{"one token", one, nil, 1, 0.5}, {"one token", one, []int{0, 0}, 200, 2},
		{"2 tokens, the second only behind the first", sparse, nil, 16, 0.1}, {"the same", sparse, []int{0}, 13, 0.1},
		{"300 tokens, two behind each", newTurning(false, 300, 4), []int{290}, 2, 0.1}, {"300 tokens, two behind each prefix", newTurning(true, 300, 5), []int{299}, 2, 0.1},
		{"4 tokens, of 0.4 and 0.2", lessSure(), []int{2}, 4, 1e-3}, {"the same", lessSure(), []int{1}, 2, 1e-6},
	}
	for _, length := range []int{130, 260, 300} {
		all = append(all, extreme{"8 tokens, two behind each prefix", long, possiblePrompt(farProblem{model: long, end: -1, seed: uint64(length)}, length), 3, 0.1})
	}
	return all
})

// markovOf is a Markov chain of order 1 with the pairs as often as they are listed.
func markovOf(vocab int, pairs [][]int) sequence.Model {
	m, err := sequence.NewMarkov(vocab, 1, -1, 0, pairs)
	if err != nil {
		panic(err) // the pairs are within the vocabulary
	}
	return m
}

// sparsely has token 0 behind token 1, and behind token 0 mostly itself.
func sparsely() sequence.Model {
	return markovOf(2, slices.Concat(slices.Repeat([][]int{{0, 0}}, 54), [][]int{{0, 1}}, slices.Repeat([][]int{{1, 0}}, 2)))
}

// lessSure has rows of 0.4 and 0.2 in another order behind each token. At T = 0.001 p^(1/T)
// of four tokens is below the smallest float64.
func lessSure() sequence.Model {
	var pairs [][]int
	for u := range 4 {
		for v := range 4 {
			pairs = append(pairs, slices.Repeat([][]int{{u, v}}, 1+btoi(v == (u+3)%4))...)
		}
	}
	return markovOf(4, pairs)
}

func annealerEndsLaw() Law {
	return law[sequence.SequenceAnnealer, extreme]{
		id:        "Annealer/Ends",
		claim:     "completions of 16 tokens, of two of 300, of one token alone, of prompts of 300, and at T = 0.001 and below, where p^(1/T) leaves float64, are those that have all but 10⁻¹⁵ of the probability, and log Z is within 0.5 and a millionth (models other than Markov chains may be refused)",
		source:    "lighteval#1375: exp before normalising; derived: tokens, lengths and contexts of few bits",
		of:        anAnnealer,
		witnesses: extremes(),
		judge:     annealsToTheEnds,
	}.erased()
}

func annealsToTheEnds(a sequence.SequenceAnnealer, e extreme) error {
	completions := make([][]int, 24)
	logZ, err := a(completions, e.model, slices.Clone(e.prompt), -1, e.limit, e.temperature, rand.NewPCG(uint64(e.limit), 21))
	if _, markov := e.model.(*sequence.Markov); err != nil && !markov {
		return nil
	}
	if err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	tree, err := newTree(e.model, e.prompt, -1, e.limit, []float64{e.temperature})
	if err != nil {
		return err
	}
	for _, tokens := range completions {
		branches, taken, err := tree.path(tokens)
		if err != nil {
			return err
		}
		logp := 0.0
		for i, b := range branches {
			logp += b.weight(taken[i], 0, e.temperature) - b.logZ[0]
		}
		if logp < -35 {
			return fmt.Errorf("drew %v, whose probability is exp(%.4g)", tokens, logp)
		}
	}
	if want := tree.logZ[0]; !(math.Abs(logZ-want) <= 0.5+1e-6*math.Abs(want)) {
		return fmt.Errorf("log Z = %v, exactly %v", logZ, want)
	}
	return nil
}

func annealerZeroFarLaw() Law {
	return law[sequence.SequenceAnnealer, farProblem]{
		id:        "Annealer/ZeroFar",
		claim:     "at T = 0 draws of Markov chains of 2 to 8 tokens, after prompts of up to 20 and of up to 8 tokens, are the most probable completions, which the greedy path need not be; or T = 0 is refused",
		source:    "greedy path taken for the mode",
		of:        anAnnealer,
		witnesses: coldProblems(),
		judge:     annealsFarToModes,
	}.erased()
}

// coldProblems are every second of the Markov chains.
func coldProblems() (all []farProblem) {
	for i, p := range farProblems() {
		if _, markov := p.model.(*sequence.Markov); markov && i%2 == 0 && p.limit < 7 {
			p.temperature = 0
			all = append(all, p)
		}
	}
	return all
}

// annealsFarToModes lets pass a completion that float32 cannot tell from the most probable one.
func annealsFarToModes(a sequence.SequenceAnnealer, p farProblem) error {
	completions, _, err := p.ask(a, 4, p.source())
	if err != nil {
		return nil
	}
	modes, _, err := sequence.WholeSequence(p.model, p.prompt, p.end, p.limit, 0)
	if err != nil {
		return err
	}
	most, _, err := sequence.LogProb(p.model, p.prompt, modes[0].Tokens)
	if err != nil {
		return err
	}
	for _, tokens := range completions {
		logp, _, err := sequence.LogProb(p.model, p.prompt, tokens)
		if err != nil {
			return fmt.Errorf("drew %v: %w", tokens, err)
		}
		ended := p.end >= 0 && len(tokens) > 0 && tokens[len(tokens)-1] == p.end
		if len(tokens) > p.limit || !ended && (p.end >= 0 || len(tokens) < p.limit) || !(logp >= most-1e-5*math.Max(1, math.Abs(most))) {
			return fmt.Errorf("drew %v with log p = %v, but %v has %v", tokens, logp, modes[0].Tokens, most)
		}
	}
	return nil
}

func annealerFailingLaw() Law {
	return law[sequence.SequenceAnnealer, extreme]{
		id:        "Annealer/Failing",
		claim:     "a model that fails at some step is an error",
		source:    "contract; derived: errors of a later step swallowed",
		of:        anAnnealer,
		witnesses: []extreme{{"8 tokens, two behind each", newTurning(false, 8, 6), []int{1, 4}, 3, 0.7}, {"8 tokens, two behind each prefix", newTurning(true, 8, 7), nil, 3, 1}},
		judge:     annealerPassesErrors,
	}.erased()
}

// annealerPassesErrors asks for completions of one length, so that every step is needed.
func annealerPassesErrors(a sequence.SequenceAnnealer, e extreme) error {
	for step := range e.limit {
		completions := make([][]int, 2)
		m := failing{e.model, len(e.prompt) + step}
		if _, err := a(completions, m, slices.Clone(e.prompt), -1, e.limit, e.temperature, rand.NewPCG(uint64(step), 22)); err == nil {
			return fmt.Errorf("%v, and no error, where the model fails at step %d", completions, step)
		}
	}
	return nil
}

func annealerConcurrentLaw() Law {
	return annealerLaw{
		id:        "Annealer/Concurrent",
		claim:     "eight goroutines with prompts and sources of their own get the draws that one gets, and log Z but for rounding",
		source:    "go#16205: state shared between goroutines",
		of:        anAnnealer,
		witnesses: []annealing{{full, 19, []int{0, 1}, 3, 0.7}},
		judge:     annealsConcurrently,
	}.erased()
}

func annealsConcurrently(a sequence.SequenceAnnealer, p annealing) error {
	type answer struct {
		completions [][]int
		logZ        float64
	}
	m := p.model()
	ask := func(i int) (answer, error) {
		own := p
		own.prompt, own.limit = p.prompt[:i%3], p.limit-i%3/2
		completions, logZ, err := own.asking(a, m)(3, rand.NewPCG(p.seed, uint64(i)))
		return answer{completions, logZ}, err
	}
	return sameBeside(8, 10, ask, func(alone, together answer) error {
		if !slices.EqualFunc(alone.completions, together.completions, slices.Equal) {
			return fmt.Errorf("%v alone, %v beside seven others", alone.completions, together.completions)
		}
		if !(math.Abs(alone.logZ-together.logZ) <= 1e-4*math.Max(1, math.Abs(alone.logZ))) {
			return fmt.Errorf("log Z = %v alone, %v beside seven others", alone.logZ, together.logZ)
		}
		return nil
	})
}

func annealerNothingLaw() Law {
	return law[sequence.SequenceAnnealer, extreme]{
		id:        "Annealer/Nothing",
		claim:     "a limit of 0 has one completion, the empty one, and log Z = 0",
		source:    "contract",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: []extreme{{"8 tokens, two behind each", newTurning(false, 8, 2), []int{1}, 0, 0.7}},
		judge: func(a sequence.SequenceAnnealer, e extreme) error {
			completions := make([][]int, 3)
			logZ, err := a(completions, e.model, slices.Clone(e.prompt), -1, 0, e.temperature, rand.NewPCG(1, 24))
			if drawn := slices.Concat(completions...); err != nil || len(drawn) > 0 || logZ != 0 {
				return fmt.Errorf("drew %v, log Z = %v, error %v", completions, logZ, err)
			}
			return nil
		},
	}.erased()
}

func annealerUsedLaw() Law {
	return annealerLaw{
		id:        "Annealer/Used",
		claim:     "completions replace what dst held before",
		source:    "contract; derived: append to what dst holds",
		level:     verdict.Should,
		of:        anAnnealer,
		witnesses: []annealing{{full, 20, nil, 3, 0.7}, {ending, 11, []int{0}, 3, 1}},
		judge:     annealsIntoUsed,
	}.erased()
}

func annealsIntoUsed(a sequence.SequenceAnnealer, p annealing) error {
	m := p.model()
	distribution, _, err := p.exact(m)
	if err != nil {
		return err
	}
	place, _ := cells(distribution)
	completions := usedPlaces(6)
	if _, err := a(completions, m, slices.Clone(p.prompt), p.kind.end(), p.limit, p.temperature, p.source(23)); err != nil {
		return fmt.Errorf("refused: %w", err)
	}
	for i, completion := range completions {
		if _, possible := place[fmt.Sprint(completion)]; !possible {
			return fmt.Errorf("draw %d is %v where dst held [-5]", i, completion)
		}
	}
	return nil
}

// usedPlaces are so many elements of dst that hold a token of an earlier call, and have room for
// more.
func usedPlaces(count int) [][]int {
	dst := make([][]int, count)
	for i := range dst {
		dst[i] = append(make([]int, 0, 4), -5)
	}
	return dst
}
