package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// judgeMode compares log p of the most probable token, which says how much mass was cut.
func (o seen) judgeMode(a allowance, c reference.Convention) error {
	mode := slices.Index(o.row, slices.Max(o.row))
	if math.IsInf(o.mode, -1) { // one of equal tokens that was not chosen
		if a.must(mode) {
			return fmt.Errorf("log p(%d) = −Inf, but it keeps the token", mode)
		}
		return nil
	}
	low, high := a.expected(c, o.row, o.how)(mode)
	if slack := accuracy.Slack(verdict.Must, o.row, o.how.Temperature); !(o.mode >= low-slack && o.mode <= high+slack) {
		return fmt.Errorf("log p(%d) = %.6g, where it has %.6g", mode, o.mode, high)
	}
	return nil
}

// judgeTokens compares what Sample gave: every token is one that is kept, no more of equal
// logits than are kept, and in the interval of its uniform number where all is settled.
func (o seen) judgeTokens(a allowance, c reference.Convention) error {
	of := make([]map[int]bool, len(a.size))
	for i, token := range o.tokens {
		if !a.may(token) {
			return fmt.Errorf("u = %v gives token %d, which it cuts", o.u[i], token)
		}
		class := a.class[token]
		if of[class] == nil {
			of[class] = map[int]bool{}
		}
		if of[class][token] = true; len(of[class]) > a.most[class] {
			return fmt.Errorf("%s of one logit come, of which it keeps %d", times(len(of[class]), "token"), a.most[class])
		}
	}
	if !a.whole() {
		return nil
	}
	t := takenFor(c, o.how.Temperature)
	cdf, slack := summed(annealedBy(o.row, a.more, t)), accuracy.Slack(verdict.Must, o.row, t)
	for i, token := range o.tokens {
		if before, upTo := interval(cdf, token); !accuracy.NearInterval(o.u[i], before, upTo, slack) {
			return fmt.Errorf("u = %v gives token %d, whose interval it has as [%.4g, %.4g)", o.u[i], token, before, upTo)
		}
	}
	return nil
}
