package decide

import "math"

// Look is a planned moment at which the rows are judged: after so many layout pairs,
// with a share of the family's error. The shares add up to 1, so that several looks
// together make no more errors than one look would (Bonferroni).
type Look struct {
	Pairs int
	Share float64
}

// Plan says when to look and how to judge. It is fixed before anything is timed.
type Plan struct {
	Margin float64 // a slowdown up to this does not matter: 0.03 is 3 %
	Slack  float64 // a row passes if slowdowns above Margin + Slack are excluded
	Alpha  float64 // error of the whole family, over all rows and looks
	Looks  []Look
}

const (
	Margin       = 0.03  // the usual one
	Slack        = 0.07  // with a margin of 3 %, a row passes if slowdowns above 10 % are excluded
	Alpha        = 0.01  // error of the whole family
	ControlAlpha = 0.001 // error of the controls
	confidence   = 0.95  // of the intervals in the report
	minPairs     = 8     // at the first look
)

// NewPlan returns a plan of three looks, with 1/4, 1/4 and 1/2 of the error. The first
// comes as soon as one of so many rows can be rejected at all, which is when 2^−pairs is
// small enough for Holm's first step, and so can its two-sided control. The last comes
// after two and a half times as many pairs. For 20 rows the looks are after 16, 28 and
// 40 pairs: 2^−16 is less than 0.001/40, and 2^−15 is not.
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

// Last returns the number of pairs after which the plan ends.
func (p Plan) Last() int { return p.Looks[len(p.Looks)-1].Pairs }
