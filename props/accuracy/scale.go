package accuracy

import (
	"math"

	"temper/reference"
)

// ScaleOfRow is max(largest finite |logit| / T, |LogSumExp|, 1) of a good row. At
// T = 0 logits are only compared, and it is 1.
func ScaleOfRow(row []float32, temperature float64) float64 {
	if temperature == 0 {
		return 1
	}
	return scaleOf(Furthest(row), ExactLogSumExp(row, temperature), temperature)
}

func scaleOf(furthest, logSumExp, temperature float64) float64 {
	return max(1, furthest/temperature, math.Abs(logSumExp))
}

// Furthest is the largest |logit| of those that are finite, and 0 if none is.
func Furthest(row []float32) float64 {
	furthest := 0.0
	for _, x := range row {
		if size := math.Abs(float64(x)); size > furthest && !math.IsInf(size, 1) {
			furthest = size
		}
	}
	return furthest
}

// ScaleOfToken is max(|logit − max| / T, log(vocab), 1) of one token of a row whose
// largest logit is max. At T = 0 logits are only compared, and a masked token's
// probability is exact: there it is max(log(vocab), 1).
func ScaleOfToken(logit, largest float32, vocab int, temperature float64) float64 {
	scale := math.Max(1, math.Log(float64(vocab)))
	if temperature == 0 || math.IsInf(float64(logit), -1) {
		return scale
	}
	return math.Min(math.Max(scale, (float64(largest)-float64(logit))/temperature), math.MaxFloat64)
}

// Ulp is one float32 ulp of a scale, the exponents of float32 continued to those of
// float64: Ulp(1) is 2⁻²³, Ulp(1e300) about 1e293.
func Ulp(scale float64) float64 {
	if math.IsInf(scale, 1) {
		return scale
	}
	_, exponent := math.Frexp(scale)
	return math.Ldexp(1, exponent-24)
}

// ExactLogSumExp is log Σ exp(logit / T) of a good row at T > 0 as the reference
// computes it, which the exact fixtures show to be right within 2 float64 ulps. It
// panics on a bad row.
func ExactLogSumExp(row []float32, temperature float64) float64 {
	var lse [1]float64
	if err := reference.Scalar.LogSumExp(lse[:], row, temperature); err != nil {
		panic(err)
	}
	return lse[0]
}

// ExactLogProbs is log p_T of every token of a good row in float64, as the reference
// computes it. It panics on a bad row.
func ExactLogProbs(row []float32, temperature float64) []float64 {
	logp := make([]float64, len(row))
	for v, x := range row {
		logp[v] = float64(x)
	}
	if err := reference.AnnealLog(logp, logp, temperature); err != nil {
		panic(err)
	}
	return logp
}
