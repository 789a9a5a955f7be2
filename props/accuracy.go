package props

import (
	"math"

	"temper/props/verdict"
	"temper/reference"
)

// Bound declares how far an operation may be from the exact value, in units of
// one float32 ulp of max(largest finite |logit| / T, |LogSumExp|, 1): the step of
// the coarsest number that a float32 implementation has to handle. For Must the
// scale is at least log(vocab) / T as well: whoever makes log-probabilities of the
// logits before dividing by T has to handle that.
type Bound struct {
	Operation string
	Quantity  string                  // what is held to the bound
	Must      func(vocab int) float64 // every correct implementation
	Should    float64                 // a careful one
	Origin    string                  // where Must comes from
	Worst     string                  // the largest error seen of an implementation here, and the input
}

// Bounds is the one table of accuracies. The worst errors are what
//
//	go test ./props ./bench/simd -run 'Laws|EveryLaw' -v | grep 'worst error'
//
// prints of the cases in fixtures.
func Bounds() []Bound {
	const (
		sums     = "float32 sums in vocabulary order, whose error grows with the vocabulary"
		interval = "the same; the interval of u that a token has must be right relatively, which takes a distribution function in float64"
	)
	return []Bound{
		{"LogSumExp", "nats", mustUnits, shouldUnits, sums, "avx2, 0.57 units: rounding/two-halves/T=2"},
		{"LogProbs", "nats", mustUnits, shouldUnits, sums, "avx2, 0.57 units: rounding/two-halves/T=2"},
		{"Anneal", "each probability relatively within expm1(bound), and within 2⁻¹²⁶, below which a float32 loses bits or becomes 0; their sum within expm1(bound)", mustUnits, shouldUnits, sums, "avx2, 0.22 units: temperature/ordinary/T=10"},
		{"Sample", "the distribution function within expm1(bound)", mustUnits, shouldUnits, interval, "avx2, 3.4e-9 units: small/seven/T=0.2"},
	}
}

func mustUnits(vocab int) float64 { return 64 + float64(vocab)/256 }

const shouldUnits = 8

// slack is the bound of a level for a row in nats.
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
