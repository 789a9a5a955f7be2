package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// TestScorer tests a scorer by the chain rule, log p(x₁…x_L) = Σ log p(x_i | x_<i), on
// models whose distribution is known exactly. There is one sub-test for each law.
//
// A scorer may ask for more conditionals than it needs, as one does that passes all prefixes
// of a sequence to the model at once: that after the last token, after end, and after an
// impossible token. The models answer with a uniform row there, and only the Should law
// about the names of errors asks for an error.
func TestScorer(t *testing.T, s sequence.Scorer, opts ...Option) {
	t.Helper()
	test(t, s, scorerLaws(), opts)
}

// CheckScorer is [TestScorer] for programs: it returns a report.
func CheckScorer(s sequence.Scorer, opts ...Option) verdict.Report {
	return check(s, "scorer", scorerLaws(), opts)
}

// passage is an input of the laws about scorers: a sequence of a known model,
// and where the prompt ends.
type passage struct {
	model    known
	sequence []int
	cut      int
}

func (p passage) String() string {
	return fmt.Sprintf("%v, prompt %s, completion %s", p.model, listed(p.sequence[:p.cut]), listed(p.sequence[p.cut:]))
}

func (p passage) GoString() string { return p.String() }

// passages draws sequences of positive probability.
func passages() *rapid.Generator[passage] {
	return rapid.Custom(func(t *rapid.T) passage {
		model := rapid.SampledFrom(knownModels(rapid.Uint64().Draw(t, "model seed"))).Draw(t, "model")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "sequence seed"), 0))
		length := rapid.IntRange(1, 12).Draw(t, "length")
		if _, joint := model.Model.(*sequence.Joint); joint {
			length = min(length, model.length)
		}
		return passage{model, randomSequence(model, length, r), 0}.cutAt(rapid.IntRange(0, length).Draw(t, "cut"))
	})
}

func (p passage) cutAt(cut int) passage {
	p.cut = min(cut, len(p.sequence))
	return p
}

// randomSequence walks through the model, possible tokens equally often, at most
// to its end.
func randomSequence(m known, length int, r *rand.Rand) []int {
	tokens, logp := []int{}, make([]float64, m.VocabSize())
	for len(tokens) < length && m.LogConditional(logp, tokens) == nil {
		if v := r.IntN(len(logp)); !math.IsInf(logp[v], -1) {
			tokens = append(tokens, v)
		}
	}
	return tokens
}

func scorerLaws() []Law {
	return []Law{
		scorerChainRuleLaw(),
		scorerCountLaw(),
		scorerPromptLaw(),
		scorerWindowsLaw(),
		scorerEmptyLaw(),
		scorerEnumerationLaw(),
		scorerMaskedLaw(),
		scorerPerplexityLaw(),
		scorerInputsLaw(),
		scorerTokensLaw(),
		scorerErrorsLaw(),
		scorerReachLaw(),
		scorerFunctionLaw(),
		scorerConcurrentLaw(),
		scorerFailingLaw(),
	}
}

type scorerLaw = law[sequence.Scorer, passage]

var aScorer = part[sequence.Scorer]{"Scorer", func(s sequence.Scorer) bool { return s != nil }}

// cutPassages are sequences of a long chain, and of a model with very small
// probabilities, cut at their ends and inside. They are made once; no subject is given
// the tokens themselves (see [score]).
var cutPassages = sync.OnceValue(func() []passage {
	long := passage{longChain(), randomSequence(longChain(), 1000, rand.New(rand.NewPCG(9, 9))), 0}
	wide := passage{wideRows(), randomSequence(wideRows(), 12, rand.New(rand.NewPCG(1, 2))), 0}
	return []passage{long.cutAt(0), long.cutAt(1), long.cutAt(999), long.cutAt(1000), wide.cutAt(0), wide.cutAt(2)}
})

// histories draws sequences of up to a few hundred tokens, short ones as often as
// long ones.
func histories() *rapid.Generator[passage] {
	return rapid.Custom(func(t *rapid.T) passage {
		length := rapid.IntRange(1, 1<<rapid.IntRange(1, 9).Draw(t, "magnitude")).Draw(t, "length")
		m, tokens := history(rapid.Uint64().Draw(t, "seed"), length)
		return passage{m, tokens, 0}.cutAt(rapid.IntRange(0, length).Draw(t, "cut"))
	})
}

// longHistories are cut so that no number of windows divides the completion.
func longHistories() []passage {
	m, tokens := history(10, 2099)
	long := passage{m, tokens, 0}
	return []passage{long.cutAt(0), long.cutAt(700), long.cutAt(2000), long.cutAt(2098)}
}

// exactScore is log p(completion | prompt), the sum of the conditionals.
func exactScore(m sequence.Model, prompt, completion []int) float64 {
	var total reference.Sum
	tokens := slices.Concat(prompt, completion)
	for i, token := range completion {
		logp, err := conditional(m, tokens[:len(prompt)+i])
		if err != nil {
			panic(err) // inputs are sequences of positive probability
		}
		total.Add(logp[token])
	}
	return total.Value()
}

// goingOn is a model that answers impossible prefixes with a uniform row.
type goingOn struct{ sequence.Model }

func (m goingOn) LogConditional(dst []float64, prefix []int) error {
	err := m.Model.LogConditional(dst, prefix)
	if errors.Is(err, sequence.ErrImpossiblePrefix) {
		return uniformModel(m.VocabSize()).LogConditional(dst, prefix)
	}
	return err
}

// score asks the subject, on copies.
func score(s sequence.Scorer, m sequence.Model, prompt, completion []int) (float64, int, error) {
	logp, count, err := s(goingOn{m}, slices.Clone(prompt), slices.Clone(completion))
	if err != nil {
		err = fmt.Errorf("refused a completion: %w", err)
	}
	return logp, count, err
}

// sameScore allows for 1e-12 of the largest number that the sums go through: that
// of prompt and completion together, where a scorer takes log p(xy) − log p(x).
func sameScore(got, want, whole float64) bool {
	return math.Abs(got-want) <= 1e-12*math.Max(1, math.Abs(whole))
}

func scorerChainRuleLaw() Law {
	return scorerLaw{
		id:        "Scorer/ChainRule",
		claim:     "log p(x) = Σ_i log p(x_i | x_<i), relative 1e-12, near log p = −700 and below too, of all tokens and of one",
		source:    "genlm-backend#66: log of a probability that underflowed; maxtext#2103, llama#869: logits not shifted; minicons#51: first factor dropped; CTranslate2#736: end factor missing; CTCWordBeamSearch#23: product of probabilities",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scoresChainRule,
	}.erased()
}

func scoresChainRule(s sequence.Scorer, p passage) error {
	got, _, err := score(s, p.model, nil, p.sequence)
	if want := exactScore(p.model, nil, p.sequence); err == nil && !sameScore(got, want, want) {
		err = fmt.Errorf("log p(%s) = %v, but the factors sum to %v", brief(p.sequence), got, want)
	}
	return err
}

func scorerCountLaw() Law {
	return scorerLaw{
		id:        "Scorer/Count",
		claim:     "count is the number of tokens of the completion",
		source:    "llama.cpp#2714, torchtune#1875: wrong count, mean of means",
		of:        aScorer,
		witnesses: cutPassages(),
		judge:     scoresCount,
	}.erased()
}

func scoresCount(s sequence.Scorer, p passage) error {
	_, count, err := score(s, p.model, p.sequence[:p.cut], p.sequence[p.cut:])
	if want := len(p.sequence) - p.cut; err == nil && count != want {
		err = fmt.Errorf("count %d for %d tokens", count, want)
	}
	return err
}

func scorerPromptLaw() Law {
	return scorerLaw{
		id:        "Scorer/Prompt",
		claim:     "log p(y | x) = log p(xy) − log p(x), within 1e-12 of log p(xy)",
		source:    "lingua#28, minimind#621: prompt boundary off by one",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scoresPrompt,
	}.erased()
}

func scoresPrompt(s sequence.Scorer, p passage) error {
	prompt, completion := p.sequence[:p.cut], p.sequence[p.cut:]
	got, _, err := score(s, p.model, prompt, completion)
	want := exactScore(p.model, prompt, completion)
	if err == nil && !sameScore(got, want, want+exactScore(p.model, nil, prompt)) {
		err = fmt.Errorf("log p(%s | %s) = %v, but log p(xy) − log p(x) = %v", brief(completion), brief(prompt), got, want)
	}
	return err
}

func scorerWindowsLaw() Law {
	return scorerLaw{
		id:        "Scorer/Windows",
		claim:     "every token counts once, given all tokens before it, in completions and after prompts of up to 2098 tokens, so that windows of up to 2048 show",
		source:    "transformers#30975: first token of each window never scored; transformers#34138: mean of window means; lighteval#1252: conditionals one token late",
		of:        aScorer,
		inputs:    histories(),
		witnesses: longHistories(),
		judge:     scoresWithoutWindows,
	}.erased()
}

func scoresWithoutWindows(s sequence.Scorer, p passage) error {
	return errors.Join(scoresPrompt(s, p), scoresCount(s, p))
}

func scorerEmptyLaw() Law {
	return scorerLaw{
		id:        "Scorer/Empty",
		claim:     "log p(empty | x) = 0, with no factors",
		source:    "contract",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scoresEmpty,
	}.erased()
}

func scoresEmpty(s sequence.Scorer, p passage) error {
	logp, count, err := score(s, p.model, p.sequence[:p.cut], nil)
	if err == nil && (logp != 0 || count != 0) {
		err = fmt.Errorf("log p(empty | %s) = %v with %d factors", brief(p.sequence[:p.cut]), logp, count)
	}
	return err
}

func scorerEnumerationLaw() Law {
	return scorerLaw{
		id:        "Scorer/Enumeration",
		claim:     "the probabilities of all sequences of a length, or ended within it and still alive, sum to one",
		source:    "definition: a language model is a distribution over sequences",
		of:        aScorer,
		inputs:    passages(),
		witnesses: cutPassages(),
		judge:     scoresSumToOne,
	}.erased()
}

func scoresSumToOne(s sequence.Scorer, p passage) error {
	all, err := sequence.PerStep(p.model, nil, p.model.end, p.model.length, 1)
	if err != nil {
		return err
	}
	total := 0.0
	for _, c := range all {
		logp, _, err := score(s, p.model, nil, c.Tokens)
		if err != nil {
			return err
		}
		total += math.Exp(logp)
	}
	if !(math.Abs(total-1) < 1e-9) {
		return fmt.Errorf("%d sequences sum to %v", len(all), total)
	}
	return nil
}
