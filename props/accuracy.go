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
	Must      func(vocab int) float64 // every correct implementation
	Should    float64                 // a careful one
	Origin    string                  // where Must comes from
}

// Bounds is the one table of accuracies. Probabilities are held to it relatively,
// within expm1(bound) and 2⁻¹²⁶, below which a float32 loses bits or becomes 0;
// sums of probabilities and the distribution function within expm1(bound).
func Bounds() []Bound {
	sums := func(vocab int) float64 { return 64 + float64(vocab)/256 }
	const origin = "float32 sums in vocabulary order: PyTorch's log_softmax errs by up to 248 units at vocabulary 262144"
	return []Bound{
		{"LogSumExp", sums, 8, origin},
		{"LogProbs", sums, 8, origin},
		{"Anneal", sums, 8, origin},
		{"Sample", sums, 8, origin},
	}
}

// slack is the bound for a row in nats: all operations share one row of the table.
func slack(level verdict.Level, row []float32, temperature float64) float64 {
	bound := Bounds()[0]
	if level == verdict.Should {
		return bound.Should * unitOf(scale(row, temperature))
	}
	least := 0.0
	if temperature > 0 {
		least = math.Log(float64(len(row))) / temperature
	}
	return bound.Must(len(row)) * unitOf(math.Max(least, scale(row, temperature)))
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
	if lse, err := exactLogSumExp(row, temperature); err == nil {
		scale = math.Max(scale, math.Abs(lse))
	}
	return scale
}

// unitOf is one float32 ulp of a scale, whatever its exponent.
func unitOf(scale float64) float64 {
	if math.IsInf(scale, 1) {
		return scale
	}
	_, exponent := math.Frexp(scale)
	return math.Ldexp(1, exponent-24)
}

// exactLogSumExp is the reference's answer, which the exact fixtures hold to 2
// float64 ulps.
func exactLogSumExp(row []float32, temperature float64) (float64, error) {
	var lse [1]float64
	err := reference.Scalar.LogSumExp(lse[:], row, temperature)
	return lse[0], err
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
