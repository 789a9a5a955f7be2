package subjects

import (
	"math"
	"slices"

	"temper/reference"
)

// clampedArithmetic takes T below 0 for 0 and +Inf for the largest float32, and goes on with
// arithmetic of its own, whose reciprocal is an ulp low: what is certain has a
// probability of 1 − 2⁻²⁴, and a log-probability just below 0.
func clampedArithmetic() reference.Kernels {
	weights := func(row []float32, t float64) []float32 {
		w := make([]float32, len(row))
		top := slices.Max(row)
		if t == 0 {
			w[slices.Index(row, top)] = 1
			return w
		}
		for v, x := range row {
			w[v] = float32(math.Exp(exponent(x, top, t)))
		}
		return w
	}
	reciprocal := func(x float32) float32 { return math.Nextafter32(1/x, 0) }
	rows := byRow{
		logSumExp: func(row []float32, t float64) float64 {
			return scaled64(slices.Max(row), t) + math.Log(total64(weights(row, t)))
		},
		logProb: func(row []float32, token int, t float64) float64 {
			w := weights(row, t)
			switch {
			case t == 0 && w[token] == 0:
				return math.Inf(-1)
			case w[token] < 1e-30: // float32 has few bits there, or none
				return exponent(row[token], slices.Max(row), t) - math.Log(total64(w))
			}
			return math.Log(float64(w[token] * reciprocal(float32(total64(w)))))
		},
		anneal: func(dst, row []float32, t float64) {
			w := weights(row, t)
			factor := reciprocal(float32(total64(w)))
			for v := range dst {
				dst[v] = w[v] * factor
			}
		},
	}.kernels()
	finite := func(logits []float32) []float32 {
		clamped := slices.Clone(logits)
		for i, x := range clamped {
			if math.IsInf(float64(x), 1) {
				clamped[i] = math.MaxFloat32
			}
		}
		return clamped
	}
	hot := func(t float64) float64 {
		if t < 0 {
			return 0
		}
		return t
	}
	return named("T below 0 and +Inf clamped, a reciprocal an ulp low", reference.Kernels{
		LogSumExp: rows.LogSumExp,
		LogProbs: func(dst []float64, logits []float32, tokens []int, t float64) error {
			return rows.LogProbs(dst, finite(logits), tokens, hot(t))
		},
		Anneal: func(dst, logits []float32, n int, t float64) error {
			return rows.Anneal(dst, finite(logits), n, hot(t))
		},
	})
}

func total64(weights []float32) float64 {
	total := 0.0
	for _, w := range weights {
		total += float64(w)
	}
	return total
}
