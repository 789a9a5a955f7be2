package accuracy

import "math"

// Near says whether a number in nats is the exact one within the slack. Infinities
// have to be equal, and NaN is never near.
func Near(got, want, slack float64) bool {
	if math.IsInf(want, 0) || math.IsInf(got, 0) {
		return got == want
	}
	return math.Abs(got-want) <= slack
}

// NearProbability says whether a float32 probability is exp(logp): relatively within
// expm1(slack), and within 2⁻¹²⁶, where float32 loses bits. The exact probability may
// leave float64 where the slack still reaches 1, so that the largest one allowed is
// found in nats.
func NearProbability(p, logp, slack float64) bool {
	smallest, largest := math.Exp(logp)*math.Max(0, 1-math.Expm1(slack)), 0.0
	if !math.IsInf(logp, -1) {
		largest = math.Exp(logp + slack)
	}
	return p >= smallest*(1-0x1p-23)-0x1p-126 && p <= largest*(1+0x1p-23)+0x1p-126
}

// NearInterval says whether u is in [before, upTo), the interval of a token between
// two values of the exact distribution function, whose ends may be off by
// [IntervalTolerance] of the slack.
func NearInterval(u, before, upTo, slack float64) bool {
	tolerance := IntervalTolerance(slack)
	return before-tolerance <= u && u < upTo+tolerance
}

// IntervalTolerance is expm1(slack) + 2⁻⁵⁰: how far a value of the distribution
// function may be from the exact one.
func IntervalTolerance(slack float64) float64 { return math.Expm1(slack) + 0x1p-50 }
