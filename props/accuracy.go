package props

import (
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// Bound declares how far an operation may be from the exact value, in units of
// one float32 ulp of a scale, which is that of the row or that of the token.
//
// The scale of the row is max(largest finite |logit| / T, |LogSumExp|, 1): the
// coarsest number that a float32 implementation handles if it divides by T before
// anything else, or subtracts a finished log-sum-exp. For Must it is at least
// log(vocab) / T as well: whoever makes log-probabilities of the logits before
// dividing by T has to handle that.
//
// The scale of token t is max(|logit_t − max| / T, log(vocab), 1): the coarsest
// number of an implementation that takes the largest logit out first. A common
// offset of the logits is no part of it.
type Bound struct {
	Operation string
	Quantity  string // what is held to the bound
	Scale     Scale
	Must      func(vocab int) float64 // every correct implementation; nil: Must asks nothing in this unit
	Should    float64                 // a careful one
	Origin    string                  // where the bound comes from
	Worst     string                  // the largest error seen of an implementation here, and the input
}

// Scale says what the unit of a bound is an ulp of.
type Scale string

const (
	RowScale   Scale = "row"   // max(largest finite |logit| / T, |LogSumExp|, 1)
	TokenScale Scale = "token" // max(|logit_t − max| / T, log(vocab), 1)
)

// Bounds is the one table of accuracies. The worst errors are what
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
		{"LogSumExp", "nats", RowScale, mustUnits, shouldUnits, sums, "avx2, 0.47 units: large/151936-all-but-one/T=1"},
		{"LogProbs", "nats", RowScale, mustUnits, shouldUnits, sums, "avx2, 0.47 units: large/151936-all-but-one/T=1"},
		{"LogProbs", "nats", TokenScale, nil, shouldUnits, spread, "avx2, 0.99 units: ties/apart/T=0.001"},
		{"Anneal", relative, RowScale, mustUnits, shouldUnits, sums, "avx2, 0.44 units: mask/alternating/T=1"},
		{"Anneal", relative, TokenScale, nil, shouldUnits, spread, "avx2, 0.63 units: ties/last-two/T=1"},
		{"Sample", "the distribution function within expm1(bound)", RowScale, mustUnits, shouldUnits, interval, "avx2, 3.4e-9 units: small/seven/T=0.2"},
		{"Sample", "the distribution function within expm1(bound)", TokenScale, nil, shouldUnits, spread, "avx2, 1.1e-7 units: small/seven/T=0.2"},
	}
}

func mustUnits(vocab int) float64 { return 64 + float64(vocab)/256 }

const shouldUnits = 8

// slack is the bound of a level for a row in nats, in the unit of the row.
func slack(level verdict.Level, row []float32, temperature float64) float64 {
	if level == verdict.Should {
		return shouldUnits * unitOf(scale(row, temperature))
	}
	least := 0.0
	if temperature > 0 {
		least = math.Log(float64(len(row))) / temperature
	}
	return mustUnits(len(row)) * unitOf(math.Max(least, scale(row, temperature)))
}

// scale is max(largest finite |logit| / T, |LogSumExp|, 1) of a row. At T = 0
// logits are only compared, and it is 1.
func scale(row []float32, temperature float64) float64 {
	scale := 1.0
	if temperature == 0 {
		return scale
	}
	for _, x := range row {
		if !math.IsInf(float64(x), 0) && !math.IsNaN(float64(x)) {
			scale = math.Max(scale, math.Abs(float64(x))/temperature)
		}
	}
	return math.Max(scale, math.Abs(exactLogSumExp(row, temperature)))
}

// tokenScale is max(|logit − max| / T, log(vocab), 1) of one token of a row whose
// largest logit is max. At T = 0 logits are only compared, and a masked token's
// probability is exact: there it is max(log(vocab), 1).
func tokenScale(logit, largest float32, vocab int, temperature float64) float64 {
	scale := math.Max(1, math.Log(float64(vocab)))
	if temperature == 0 || isMasked(logit) {
		return scale
	}
	return math.Min(math.Max(scale, (float64(largest)-float64(logit))/temperature), math.MaxFloat64)
}

// tokenSlacks are the bounds of Should in nats for every token of a row, in the
// unit of the token, and for the whole: that of the largest logits.
func tokenSlacks(row []float32, temperature float64) (each []float64, whole float64) {
	largest := slices.Max(row)
	each = make([]float64, len(row))
	for v, x := range row {
		each[v] = shouldUnits * unitOf(tokenScale(x, largest, len(row), temperature))
	}
	return each, shouldUnits * unitOf(tokenScale(largest, largest, len(row), temperature))
}

// unitOf is one float32 ulp of a scale, whatever its exponent.
func unitOf(scale float64) float64 {
	if math.IsInf(scale, 1) {
		return scale
	}
	_, exponent := math.Frexp(scale)
	return math.Ldexp(1, exponent-24)
}

// exactLogSumExp is the reference's answer for a good row and T > 0, which the
// exact fixtures hold to 2 float64 ulps.
func exactLogSumExp(row []float32, temperature float64) float64 {
	var lse [1]float64
	if err := reference.Scalar.LogSumExp(lse[:], row, temperature); err != nil {
		panic(err) // inputs of laws about answers are good rows
	}
	return lse[0]
}

// exactLogProbs is log p_T of every token of a good row, in float64.
func exactLogProbs(row []float32, temperature float64) []float64 {
	logp := make([]float64, len(row))
	for v, x := range row {
		logp[v] = float64(x)
	}
	if err := reference.AnnealLog(logp, logp, temperature); err != nil {
		panic(err) // inputs of laws about answers are good rows
	}
	return logp
}
