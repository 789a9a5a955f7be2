package decide

import "math"

// Look is a planned moment of judgement: after so many layout pairs, with its
// share of the family's error. Shares add up to 1, so that looking early costs
// nothing in error (Bonferroni over the looks).
type Look struct {
	Pairs int
	Share float64
}

// Plan fixes when to look at the times and which errors are allowed. It is made before
// anything is timed.
type Plan struct {
	Margin float64 // the largest slowdown that does not matter: 0.03 is 3 %
	Slack  float64 // a row passes if slowdowns above Margin + Slack are excluded
	Alpha  float64 // error of the whole family, over all rows and looks
	Looks  []Look
}

// The usual margin, the family's error, that of the controls, the confidence of the
// intervals shown, and what a row must exclude beyond the margin to pass.
const (
	Margin       = 0.03
	Alpha        = 0.01
	ControlAlpha = 0.001
	Confidence   = 0.95
	Slack        = 0.07
	minPairs     = 8
)

// NewPlan gives three looks with 1/4, 1/4 and 1/2 of the error. The first comes
// as soon as a row among so many could be rejected at all (2^−pairs is small
// enough for Holm's first step), and its two-sided control too; the last after
// two and a half times as many pairs.
func NewPlan(rows int, margin float64) Plan {
	tests := float64(max(rows, 1))
	reject := math.Log2(tests / (Alpha / 4))
	control := math.Log2(2 * tests / ControlAlpha)
	first := max(minPairs, int(math.Ceil(max(reject, control))))
	return Plan{Margin: margin, Slack: Slack, Alpha: Alpha, Looks: []Look{
		{Pairs: first, Share: 0.25},
		{Pairs: first * 7 / 4, Share: 0.25},
		{Pairs: first * 5 / 2, Share: 0.5},
	}}
}

// Last is the number of pairs after which the plan ends.
func (p Plan) Last() int { return p.Looks[len(p.Looks)-1].Pairs }
