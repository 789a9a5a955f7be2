package props

import (
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

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
