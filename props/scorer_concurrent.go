package props

import (
	"fmt"
	"math"

	"temper/reference/sequence"
)

func scorerConcurrentLaw() Law {
	return scorerLaw{
		id:        "Scorer/Concurrent",
		claim:     "eight goroutines with sequences of their own get what one gets, but for rounding",
		source:    "go#16205: state shared between goroutines",
		of:        aScorer,
		witnesses: longHistories()[1:2],
		judge:     scoresConcurrently,
	}.erased()
}

func scoresConcurrently(s sequence.Scorer, p passage) error {
	ask := func(i int) (float64, error) {
		from := 40 * i
		logp, count, err := score(s, p.model, p.sequence[from:from+10], p.sequence[from+10:from+40])
		if err == nil && count != 30 {
			err = fmt.Errorf("count %d for 30 tokens", count)
		}
		return logp, err
	}
	return sameBeside(8, 10, ask, func(alone, together float64) error {
		if !(math.Abs(alone-together) <= 1e-4*math.Max(1, math.Abs(alone))) { // sums may be added up in another order
			return fmt.Errorf("%v alone, %v beside seven others", alone, together)
		}
		return nil
	})
}
