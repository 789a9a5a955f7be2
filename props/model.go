package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// TestModel tests a model by the laws of [sequence.Model], with one sub-test for each
// law.
func TestModel(t *testing.T, m sequence.Model, opts ...Option) {
	t.Helper()
	test(t, m, modelLaws(), opts)
}

// CheckModel is [TestModel] for programs: it returns a report.
func CheckModel(m sequence.Model, opts ...Option) verdict.Report {
	return check(m, fmt.Sprintf("%T", m), modelLaws(), opts)
}

// walk is an input of the laws about models: a seed that a random prefix of at
// most steps tokens comes from, each of them possible.
type walk struct {
	steps int
	seed  uint64
}

func (w walk) String() string {
	return fmt.Sprintf("a walk of at most %d steps from seed %d", w.steps, w.seed)
}
func (w walk) GoString() string { return w.String() }

func walks() *rapid.Generator[walk] {
	return rapid.Custom(func(t *rapid.T) walk {
		steps := rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(0, 12), rapid.IntRange(13, 70)).Draw(t, "steps")
		return walk{steps, rapid.Uint64().Draw(t, "seed")}
	})
}

// shortAndLong are walks that are always tried; long ones pass blocks of 16 and 64 tokens.
func shortAndLong() []walk { return []walk{{0, 1}, {1, 1}, {3, 1}, {16, 1}, {32, 1}, {70, 1}} }

// prefix walks from token to possible token, as long as the model goes on.
func (w walk) prefix(m sequence.Model) []int {
	prefix, _ := w.along(m, func([]int, []float64) error { return nil })
	return prefix
}

// along is prefix with a look at every row on the way, that behind the whole prefix too. It
// ends where look returns an error.
func (w walk) along(m sequence.Model, look func(prefix []int, logp []float64) error) ([]int, error) {
	r := rand.New(rand.NewPCG(w.seed, 0))
	prefix := []int{}
	for step := range w.steps + 1 {
		logp, err := conditional(m, prefix)
		if err != nil {
			return prefix[:max(0, len(prefix)-1)], nil
		}
		if err := look(prefix, logp); err != nil {
			return prefix, err
		}
		possible := []int{}
		for v, x := range logp {
			if x > math.Inf(-1) {
				possible = append(possible, v)
			}
		}
		if len(possible) == 0 || step == w.steps {
			break
		}
		prefix = append(prefix, possible[r.IntN(len(possible))])
	}
	return prefix, nil
}

func modelLaws() []Law {
	return []Law{
		modelNormalisedLaw(),
		modelPrecisionLaw(),
		modelTotalLaw(),
		modelFunctionLaw(),
		modelPrefixLaw(),
		modelConcurrentLaw(),
		modelTokensLaw(),
		modelErrorsLaw(),
		modelImpossibleLaw(),
	}
}

type modelLaw = law[sequence.Model, walk]

var aModel = part[sequence.Model]{"Model", func(sequence.Model) bool { return true }}

func conditional(m sequence.Model, prefix []int) ([]float64, error) {
	dst := slices.Repeat([]float64{math.NaN()}, m.VocabSize())
	if err := m.LogConditional(dst, prefix); err != nil {
		return nil, fmt.Errorf("prefix %s refused: %w", brief(prefix), err)
	}
	return dst, nil
}

// float32Tolerance is what sums of probabilities may be off when each conditional
// was computed in float32: the Must bound of a row whose scale is log(vocab).
func float32Tolerance(vocab int) float64 {
	return math.Expm1(accuracy.MustUnits(vocab) * accuracy.Ulp(math.Max(1, math.Log(float64(vocab)))))
}

func float64Tolerance(int) float64 { return 1e-9 }

func modelNormalisedLaw() Law {
	return modelLaw{
		id:        "Model/Normalised",
		claim:     "Σ_v p(v | prefix) = 1, and no log p(v | prefix) is NaN or above 0, within the bound of Must, at every step of prefixes of up to 300 tokens",
		source:    "chain rule: Σ over V^L of p(x) = 1",
		of:        aModel,
		inputs:    walks(),
		witnesses: append(shortAndLong(), walk{300, 1}),
		judge:     modelIsNormalised(float32Tolerance),
	}.erased()
}

func modelPrecisionLaw() Law {
	return modelLaw{
		id:        "Model/Precision",
		claim:     "Σ_v p(v | prefix) = 1 within 1e-9",
		source:    "chain rule: Σ over V^L of p(x) = 1",
		level:     verdict.Should,
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelIsNormalised(float64Tolerance),
	}.erased()
}

func modelIsNormalised(tolerance func(vocab int) float64) func(sequence.Model, walk) error {
	return func(m sequence.Model, w walk) error {
		prefix, err := w.along(m, func(prefix []int, logp []float64) error {
			return addsUpToOne(prefix, logp, tolerance(len(logp)))
		})
		if len(prefix) == 0 && err == nil {
			_, err = conditional(m, prefix) // which nothing was said of if it is refused
		}
		return err
	}
}

func sumsToOne(m sequence.Model, prefix []int, tolerance float64) error {
	logp, err := conditional(m, prefix)
	if err != nil {
		return err
	}
	return addsUpToOne(prefix, logp, tolerance)
}

func addsUpToOne(prefix []int, logp []float64, tolerance float64) error {
	total := 0.0
	for v, x := range logp {
		if !(x <= tolerance) {
			return fmt.Errorf("after %s: log p(%d) = %v", brief(prefix), v, x)
		}
		total += math.Exp(x)
	}
	if !(math.Abs(total-1) <= tolerance) {
		return fmt.Errorf("after %s: Σ p = %v, not 1 ± %.2g", brief(prefix), total, tolerance)
	}
	return nil
}

func modelTotalLaw() Law {
	return modelLaw{
		id:        "Model/Total",
		claim:     "p(prefix) = Σ_v p(prefix·v): after each possible token (sixteen of them, of a large vocabulary) the conditional sums to one again",
		source:    "definition: a language model is a distribution over sequences",
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelSumsAStepOn,
	}.erased()
}

// modelSumsAStepOn looks behind the possible tokens; one that ends, or has no
// continuation, counts itself.
func modelSumsAStepOn(m sequence.Model, w walk) error {
	const most = 16
	prefix := w.prefix(m)
	first, err := conditional(m, prefix)
	if err != nil {
		return err
	}
	step := (len(first) + most - 1) / most
	for v := 0; v < len(first); v += step {
		if math.IsInf(first[v], -1) {
			continue
		}
		err := sumsToOne(m, append(slices.Clone(prefix), v), float32Tolerance(len(first)))
		if err != nil && !errors.Is(err, sequence.ErrImpossiblePrefix) {
			return err
		}
	}
	return nil
}

func modelTokensLaw() Law {
	return modelLaw{
		id:        "Model/Tokens",
		claim:     "a token out of range is an error",
		source:    "contract",
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelRefusesTokens,
	}.erased()
}

func modelRefusesTokens(m sequence.Model, w walk) error {
	for _, token := range []int{-1, m.VocabSize(), math.MaxInt, math.MinInt} {
		prefix := append(w.prefix(m), token)
		if _, err := conditional(m, prefix); err == nil {
			return fmt.Errorf("prefix %s of a vocabulary of %d was answered", brief(prefix), m.VocabSize())
		}
	}
	return nil
}

func modelErrorsLaw() Law {
	return modelLaw{
		id:        "Model/Errors",
		claim:     "a token out of range, the last or an earlier one, is ErrToken, a dst of another length ErrShape",
		source:    "contract",
		level:     verdict.Should,
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelNamesErrors,
	}.erased()
}

func modelNamesErrors(m sequence.Model, w walk) error {
	prefix := append(w.prefix(m), m.VocabSize())
	for _, place := range []int{len(prefix) - 1, len(prefix) / 2, 0} {
		bad := slices.Clone(prefix)
		bad[place], bad[len(bad)-1] = bad[len(bad)-1], bad[place]
		if place < len(bad)-1 {
			bad = bad[:len(bad)-1]
		}
		if _, err := conditional(m, bad); !errors.Is(err, reference.ErrToken) {
			return fmt.Errorf("prefix %s of a vocabulary of %d: %s, want ErrToken", brief(bad), m.VocabSize(), said(err))
		}
	}
	for _, length := range []int{0, m.VocabSize() - 1, m.VocabSize() + 1} {
		if err := m.LogConditional(make([]float64, length), w.prefix(m)); !errors.Is(err, reference.ErrShape) {
			return fmt.Errorf("%d places for a vocabulary of %d: %s, want ErrShape", length, m.VocabSize(), said(err))
		}
	}
	return nil
}

func modelImpossibleLaw() Law {
	return modelLaw{
		id:        "Model/Impossible",
		claim:     "a prefix of probability zero is ErrImpossiblePrefix, whether its last token is impossible or the one before",
		source:    "contract",
		level:     verdict.Should,
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelRefusesImpossible,
	}.erased()
}

func modelRefusesImpossible(m sequence.Model, w walk) error {
	prefix := w.prefix(m)
	logp, err := conditional(m, prefix)
	if err != nil {
		return err
	}
	first := true
	for v, x := range logp {
		if !math.IsInf(x, -1) {
			continue
		}
		impossible := append(slices.Clone(prefix), v)
		if err := refusesImpossible(m, impossible); err != nil {
			return err
		}
		if first {
			if err := refusesImpossible(m, append(impossible, w.steps%len(logp))); err != nil {
				return err
			}
		}
		first = false
	}
	return nil
}

func refusesImpossible(m sequence.Model, prefix []int) error {
	if _, err := conditional(m, prefix); !errors.Is(err, sequence.ErrImpossiblePrefix) {
		return fmt.Errorf("prefix %s has probability 0: %s, want ErrImpossiblePrefix", brief(prefix), said(err))
	}
	return nil
}
