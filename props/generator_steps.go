package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

// survey is an input of the laws that bet on tokens: which questions are asked, as a seed.
type survey struct {
	seed uint64
}

func (s survey) String() string   { return fmt.Sprintf("the survey of seed %d", s.seed) }
func (s survey) GoString() string { return s.String() }

// stepFactors are the conditions of a token of a completion.
var stepFactors = []factor{
	{"step", stepClasses()},
	{"prompt", []string{"no prompt", "a prompt of one token", "a prompt of 2 to 16", "a prompt of 17 to 256", "a prompt of more than 256"}},
	{"vocabulary", []string{"two tokens to choose from", "3 to 8 to choose from", "9 to 64 to choose from", "65 to 300 to choose from", "a thousand or more to choose from"}},
	{"end", []string{"no end", "an end"}},
	{"T", []string{"T < 0.05", "0.05 < T < 0.28", "0.28 < T < 0.6", "0.6 < T < 0.8", "0.8 < T < 1", "T = 1", "1 < T < 1.3", "1.3 < T < 2", "2 < T < 6", "6 < T < 100", "100 < T", "T = +Inf"}},
	{"limit", []string{"a limit of 1", "a limit of 2", "a limit of 3 to 8", "a limit of 9 to 64", "a limit of more than 64"}},
	{"last", []string{"the last token before the limit", "one before the last"}},
	{"block", []string{"a context of a multiple of 16", "a context of another length"}},
}

// stepTemperatures are the ranges of T, in its classes.
var stepTemperatures = [][2]float64{{1e-4, 0.05}, {0.05, 0.28}, {0.28, 0.6}, {0.6, 0.8}, {0.8, 1}, {1, 1}, {1, 1.3}, {1.3, 2}, {2, 6}, {6, 100}, {100, 1e4}, {math.Inf(1), math.Inf(1)}}

// The first steps have a class each.
const ownSteps = 16

func stepClasses() (names []string) {
	for step := range ownSteps {
		names = append(names, fmt.Sprintf("token %d after the prompt", step+1))
	}
	return append(names, "tokens 17 to 64 after the prompt", "tokens from the 65th on")
}

// stepClass is the class of a step, counted from 0.
func stepClass(step int) int {
	if step < ownSteps {
		return step
	}
	return ownSteps + classOf(step, 63)
}

// within draws from low, …, high, all as likely in the logarithm.
func within(r *rand.Rand, low, high int) int {
	return min(high, int(float64(low)*math.Pow(float64(high+1)/float64(low), r.Float64())))
}

// between draws from [low, high], evenly in the logarithm.
func between(r *rand.Rand, low, high float64) float64 {
	if math.IsInf(high, 1) {
		return high
	}
	return low * math.Pow(high/low, r.Float64())
}

// stage is one setting in which completions are drawn: an errand with what is known of its
// model.
type stage struct {
	errand
	model *rowsByHistory
	laws  []*tokenLaw // of each row of the model
	draws int
	class []int // of the factors, that of the step aside
}

// longPrompts do not fit the usual windows.
var longPrompts = [][2]int{{257, 600}, {1040, 1100}, {2060, 2200}}

// stages cover the pairs of classes of everything that a generator is given.
func (s survey) stages() []*stage {
	var stages []*stage
	for i, row := range covering(5, 5, 2, 12, 5) { // prompt, vocabulary, end, T, limit
		r := rand.New(rand.NewPCG(s.seed, uint64(i)))
		prompt := [][2]int{{0, 0}, {1, 1}, {2, 16}, {17, 256}, longPrompts[i%len(longPrompts)]}[row[0]]
		vocab := [][2]int{{2, 2}, {3, 8}, {9, 64}, {65, 300}, {1000, 1000}}[row[1]]
		temperatures := stepTemperatures[row[3]]
		limit := [][2]int{{1, 1}, {2, 2}, {3, 8}, {9, 64}, {65, 200}}[row[4]]
		e := errand{limit: within(r, limit[0], limit[1]), temperature: between(r, temperatures[0], temperatures[1]), seed: r.Uint64()}
		length, tokens := 0, within(r, vocab[0], vocab[1])
		if prompt[0] > 0 {
			length = within(r, prompt[0], prompt[1])
		}
		stages = append(stages, newStage(e, tokens, length, row[2] == 1, profiles, row))
	}
	return stages
}

// newStage completes an errand with a model of the profiles and a prompt.
func newStage(e errand, vocab, prompt int, ends bool, profiles []profile, class []int) *stage {
	end := -1
	if ends {
		end = []int{vocab - 1, 0, vocab / 2}[e.seed%3]
	}
	m := newRowsByHistory(vocab, end, math.Max(0.03, math.Min(0.3, 2/float64(e.limit))), e.temperature, profiles, e.seed)
	e.model = known{m, fmt.Sprintf("%d tokens, rows by the whole history, seed %d", vocab, e.seed), end, 3}
	e.prompt = anyTokens(vocab-btoi(ends), prompt, e.seed)
	for i, token := range e.prompt {
		if ends && token >= end {
			e.prompt[i]++
		}
	}
	st := &stage{errand: e, model: m, draws: min(100, max(6, 500/min(e.limit, 20+1000*btoi(!ends)))), class: class}
	for _, row := range m.rows {
		law := newTokenLaw(row, e.temperature)
		law.end = end
		st.laws = append(st.laws, law)
	}
	return st
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// contexts are what a generator may ask the model for instead of the whole prefix.
var wrongContexts = func() (names []string) {
	for _, window := range windows {
		names = append(names, fmt.Sprintf("is cut to its last %d tokens", window))
	}
	return append(names, "lacks the prompt", "lacks the last token of the prompt", "lacks its first token", "lacks its last token",
		"has the last token of the prompt twice")
}()

var windows = []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048}

// wrongLaws are the laws of the next token under each of them; nil where it is no other.
func (st *stage) wrongLaws(prefix []int) []*tokenLaw {
	n, prompt := len(prefix), len(st.prompt)
	laws := make([]*tokenLaw, 0, len(wrongContexts))
	ask := func(applies bool, context func() []int) {
		if !applies {
			laws = append(laws, nil)
			return
		}
		laws = append(laws, st.laws[st.model.which(context())])
	}
	for _, window := range windows {
		ask(n > window, func() []int { return prefix[n-window:] })
	}
	ask(prompt > 0, func() []int { return prefix[prompt:] })
	ask(prompt > 0, func() []int { return slices.Delete(slices.Clone(prefix), prompt-1, prompt) })
	ask(n > 0, func() []int { return prefix[1:] })
	ask(n > 0, func() []int { return prefix[:n-1] })
	ask(prompt > 0, func() []int { return slices.Insert(slices.Clone(prefix), prompt, prefix[prompt-1]) })
	return laws
}

var stepLags = []string{"the step before", "two steps before", "three steps before", "four steps before", "the same step of the completion before"}

func generatorStepsLaw() Law {
	return law[sequence.Generator, survey]{
		id: "Generator/Steps",
		claim: "each token comes with the model's conditional annealed to T, independently of the words of earlier ones: the first and the 200th, after prompts of 0 to 2200 tokens, " +
			"in vocabularies of 2 to 1000 and of 70000, at every T (e-process with named bets on every pair of conditions, false alarm 1e-9)",
		source: "tt-metal#32025, executorch#20244: first token after prefill ignores the temperature; mlx-lm#1439: a random state that freezes",
		of:     aGenerator,
		once:   func(seed uint64) survey { return survey{seed} },
		judge:  generatesStepsByLaw,
	}.erased()
}

// generatesStepsByLaw draws completions in every stage, until all is seen or the evidence
// is damning.
func generatesStepsByLaw(g sequence.Generator, s survey) error {
	bets := newTokenBets(stepFactors, stepLags, wrongContexts, s.seed)
	for _, st := range slices.Concat(s.stages(), s.temperatureStages(), s.vastStages()) {
		if err := st.play(g, bets); err != nil {
			return bets.weigh(fmt.Errorf("%w\nasked: %v", err, st.errand))
		}
		if err := bets.verdict(); err != nil {
			return bets.weigh(err)
		}
	}
	return bets.weigh(nil)
}

// temperatureStages have the rows of which a temperature that is 3 % off takes the least
// time to show. Their KL is (0.03)²/2 · Var(log p) per token: with a head and a tail of
// equal mass and 200 tokens Var = ¼ · (ln 200)² = 7.0, KL = 0.0032, so that
// (20.7 + ln 120) / 0.0032 = 8000 tokens are needed in the mean. They are spread over all
// classes of T.
func (s survey) temperatureStages() []*stage {
	var stages []*stage
	for i, temperatures := range stepTemperatures[:len(stepTemperatures)-1] {
		e := errand{limit: 60, temperature: math.Sqrt(temperatures[0] * temperatures[1]), seed: s.seed + uint64(i)}
		st := newStage(e, 200, 3, false, []profile{{"head and tail", headAndTail}}, []int{2, 3, 0, i, 3})
		st.draws = 35
		stages = append(stages, st)
	}
	return stages
}

// vastStages have tokens that do not fit 16 bits, as prompts and as what comes.
func (s survey) vastStages() []*stage {
	var stages []*stage
	for i, ends := range []bool{false, true} {
		e := errand{limit: 12, temperature: 1, seed: s.seed + uint64(100+i)}
		st := newStage(e, 70_000, 3, ends, []profile{{"most mass from 2¹⁶ on", heavyBehind16Bits}}, []int{2, 4, btoi(ends), slices.Index(stepTemperatures, [2]float64{1, 1}), 3})
		st.prompt[1] += 1 << 16 * btoi(st.prompt[1] < 4000)
		st.draws = 12
		stages = append(stages, st)
	}
	return stages
}

// heavyBehind16Bits has eight tenths of the mass on tokens from 2¹⁶ on.
func heavyBehind16Bits(vocab int, r *rand.Rand) levelled {
	l := spread(vocab, r)
	const half = mostLevels / 2
	for v, i := range l.level {
		l.level[v] = i%half + half*uint8(btoi(v >= 1<<16))
	}
	for i := half; i < mostLevels; i++ {
		l.weights[i] += 4
	}
	return newLevelled(l.weights, l.level)
}

// play draws the completions of a stage and bets on their tokens.
func (st *stage) play(g sequence.Generator, bets *tokenBets) error {
	src, prompt := st.source(), len(st.prompt)
	var completionBefore []*placed
	for range st.draws {
		tokens, err := st.run(g, src)
		if err != nil {
			return err
		}
		var completion []*placed
		for i := prompt; i < min(len(tokens), prompt+st.limit); i++ {
			step := i - prompt
			if err := reference.CheckToken(tokens[i], st.model.vocab); err != nil {
				return fmt.Errorf("%s: position %d: %w", brief(tokens), i, err)
			}
			law := st.laws[st.model.which(tokens[:i])]
			if math.IsInf(law.logProb(tokens[i]), -1) {
				return fmt.Errorf("%s: token %d of the completion, %d, is impossible", brief(tokens), step, tokens[i])
			}
			earlier := make([]*placed, len(stepLags))
			for lag := range 4 {
				if step > lag {
					earlier[lag] = completion[step-lag-1]
				}
			}
			if step < len(completionBefore) {
				earlier[4] = completionBefore[step]
			}
			conditions := slices.Concat([]int{stepClass(step)}, st.class, []int{classOf(st.limit-step, 1), classOf(i%16, 0)})
			completion = append(completion, bets.see(law, tokens[i], conditions, earlier, st.wrongLaws(tokens[:i])))
		}
		completionBefore = completion
	}
	return nil
}
