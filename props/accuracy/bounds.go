// Package accuracy holds the one table of how far an operation of
// [reference.Kernels] may be from the exact value, and what the table means for a
// row of logits: its unit, its bound in nats, and the comparisons within it.
//
// A bound is a number of float32 ulps of a scale. The scale of the row is
//
//	max(largest finite |logit| / T, |LogSumExp|, 1),
//
// the coarsest number that a float32 implementation handles if it divides by T
// before anything else, or subtracts a finished log-sum-exp. At the level Must it is
// at least log(vocab) / T as well: an implementation that makes log-probabilities of
// the logits before it divides by T handles that number. For example 131072 equal
// logits of 0 at T = 0.2 have a LogSumExp of 11.8, and log(vocab) / T = 58.9, whose
// float32 ulp is four times as large.
//
// The scale of token t is
//
//	max(|logit_t − max| / T, log(vocab), 1),
//
// the coarsest number of an implementation that subtracts the largest logit first. A
// common offset of the logits is no part of it: the logits [1e20 1e20] at T = 1 have
// a row scale of 1e20 and a token scale of 1.
package accuracy

import (
	"math"
	"slices"

	"temper/props/verdict"
)

// Bound declares how far an operation may be from the exact value, in float32 ulps
// of a scale.
type Bound struct {
	Operation string
	Quantity  string // what is compared
	Scale     Scale
	Must      func(vocab int) float64 // ulps; nil: Must has no bound on this scale
	Should    float64                 // ulps
	Origin    string                  // where the bound comes from
	Worst     string                  // the largest error seen of an implementation here, and the input
}

// Scale says what the unit of a bound is a float32 ulp of.
type Scale string

const (
	OfRow   Scale = "row"   // max(largest finite |logit| / T, |LogSumExp|, 1)
	OfToken Scale = "token" // max(|logit_t − max| / T, log(vocab), 1)
)

// Bounds is the table of accuracies. The worst errors are those that
//
//	go test ./props ./bench/simd -run 'Laws|EveryLaw' -v | grep 'worst error'
//
// prints of the cases in fixtures.
func Bounds() []Bound {
	const (
		sums     = "float32 sums in vocabulary order, whose error grows with the vocabulary"
		interval = "the same; the interval of u that a token has must be right relatively, which takes a distribution function in float64"
		spread   = "(logit − max) / T rounds relatively to itself, and log Σ is at most log(vocab)"
		relative = "each probability relatively within expm1(bound), and within 2⁻¹²⁶, below which a float32 loses bits or becomes 0; their sum within expm1(bound)"
	)
	return []Bound{
		{"LogSumExp", "nats", OfRow, MustUnits, ShouldUnits, sums, "avx2, 0.47 units: large/151936-all-but-one/T=1"},
		{"LogProbs", "nats", OfRow, MustUnits, ShouldUnits, sums, "avx2, 0.47 units: large/151936-all-but-one/T=1"},
		{"LogProbs", "nats", OfToken, nil, ShouldUnits, spread, "avx2, 0.99 units: ties/apart/T=0.001"},
		{"Anneal", relative, OfRow, MustUnits, ShouldUnits, sums, "avx2, 0.44 units: mask/alternating/T=1"},
		{"Anneal", relative, OfToken, nil, ShouldUnits, spread, "avx2, 0.63 units: ties/last-two/T=1"},
		{"Sample", "the distribution function within expm1(bound)", OfRow, MustUnits, ShouldUnits, interval, "avx2, 3.4e-9 units: small/seven/T=0.2"},
		{"Sample", "the distribution function within expm1(bound)", OfToken, nil, ShouldUnits, spread, "avx2, 1.1e-7 units: small/seven/T=0.2"},
	}
}

// MustUnits is the bound of every correct implementation, 64 + vocab/256 float32
// ulps of the scale: 576 for a vocabulary of 131072.
func MustUnits(vocab int) float64 { return 64 + float64(vocab)/256 }

// ShouldUnits is the bound of a careful implementation, in float32 ulps of either
// scale.
const ShouldUnits = 8

// ZeroSlack is how far from 1 the mass of the largest logits may be at T = 0 at the
// level Must, and from 0 its logarithm: an implementation that computes it as at any
// other T rounds it.
const ZeroSlack = 1e-5

// Slack is the bound of a level for a good row in nats, on the scale of the row.
func Slack(level verdict.Level, row []float32, temperature float64) float64 {
	if level == verdict.Should {
		return ShouldUnits * Ulp(ScaleOfRow(row, temperature))
	}
	if temperature == 0 {
		return MustUnits(len(row)) * Ulp(1)
	}
	return MustSlack(Furthest(row), ExactLogSumExp(row, temperature), len(row), temperature)
}

// MustSlack is the bound of Must in nats at T > 0, of a row of which are known
// [Furthest] and the log-sum-exp. Its scale is that of the row, or log(vocab) / T where
// that is larger.
func MustSlack(furthest, logSumExp float64, vocab int, temperature float64) float64 {
	scale := max(scaleOf(furthest, logSumExp, temperature), math.Log(float64(vocab))/temperature)
	return MustUnits(vocab) * Ulp(scale)
}

// TokenSlacks are the bounds of Should in nats on the scale of the token: each for
// one token of a good row, whole for sums over the row, which is that of the largest
// logits.
func TokenSlacks(row []float32, temperature float64) (each []float64, whole float64) {
	largest := slices.Max(row)
	each = make([]float64, len(row))
	for v, x := range row {
		each[v] = ShouldUnits * Ulp(ScaleOfToken(x, largest, len(row), temperature))
	}
	return each, ShouldUnits * Ulp(ScaleOfToken(largest, largest, len(row), temperature))
}
