package props

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// The mean over all outcomes of the mean of all products is 1, whatever the row and
// the temperature, so that a mean of 1/α has probability at most α.
func TestStepEvidenceHasMeanOneUnderTheLaw(t *testing.T) {
	const steps, draws = 2, 2
	for _, row := range [][]float64{{0, -1, -3}, {-0.5, -0.5, math.Inf(-1)}, {-9, 0, 0}} {
		for _, temperature := range []float64{0.4, 1, 2.5, math.Inf(1)} {
			p := make([]float64, len(row))
			if err := reference.AnnealLog(p, row, temperature); err != nil {
				t.Fatal(err)
			}
			mean := 0.0
			eachOutcome(len(row), steps*draws, func(outcome []int) {
				logP := 0.0
				for _, token := range outcome {
					logP += p[token]
				}
				if math.IsInf(logP, -1) {
					return
				}
				e := newStepEvidence(steps, len(row))
				for i, token := range outcome {
					if err := e.count(i%steps, token, row, temperature); err != nil {
						t.Fatal(err)
					}
				}
				for _, logM := range e.all() {
					mean += math.Exp(logP+logM) / float64(len(e.all()))
				}
			})
			if math.Abs(mean-1) > 1e-12 {
				t.Errorf("%v at T = %v: mean evidence %v", row, temperature, mean)
			}
		}
	}
}

func TestAnImpossibleTokenSettlesTheMatter(t *testing.T) {
	row := []float64{0, math.Inf(-1)}
	for _, token := range []int{-1, 1, 2} {
		if err := newStepEvidence(1, 2).count(0, token, row, 0.5); err == nil {
			t.Errorf("token %d of two, the second masked, was taken in", token)
		}
	}
}

// nearTie has two tokens that float32 cannot tell apart, and one far below.
type nearTie struct{}

func (nearTie) VocabSize() int { return 3 }

func (nearTie) LogConditional(dst []float64, _ []int) error {
	return reference.AnnealLog(dst, []float64{0, 1e-9, -2}, 1)
}

func TestTheGreedyPathMayTakeEitherOfTwoTokensThatFloat32CannotTellApart(t *testing.T) {
	e := errand{model: known{nearTie{}, "a near tie", -1, 3}, limit: 2}
	for token, passes := range []bool{true, true, false} {
		always := func(_ sequence.Model, prompt []int, _, limit int, _ float64, _ rand.Source) ([]int, error) {
			return append(prompt, slices.Repeat([]int{token}, limit)...), nil
		}
		if err := followsGreedyPath(always, e); (err == nil) != passes {
			t.Errorf("token %d: %v", token, err)
		}
	}
}
