package subjects

import (
	"math"
	"slices"

	"temper/reference"
)

// maximumFirstControls take the largest logit out before anything else, in either
// precision: they keep the Spread laws too.
func maximumFirstControls() []reference.Kernels {
	return []reference.Kernels{
		named("maximum out first, float32 throughout, sums of pairs", maximumFirst32(func(t float64) (divide, exp, log func(float32) float32) {
			return func(d float32) float32 { return d / float32(t) }, exp32, log32
		}).kernels()),
		named("maximum out first, powers of 2 in float32, sums of pairs", maximumFirst32(func(t float64) (divide, exp, log func(float32) float32) {
			c := float32(math.Log2E / t)
			return func(d float32) float32 { return float32(d * c) }, exp2of32,
				func(total float32) float32 { return float32(math.Log2(float64(total))) }
		}).kernels()),
		named("maximum out first, float64", maximumFirst64().kernels()),
	}
}

// maximumFirst32 rounds every step to float32. What the differences are divided by
// and the base of exp and log belong together.
func maximumFirst32(steps func(t float64) (divide, exp, log func(float32) float32)) byRow {
	// relative is (logit − max) / T in the base of exp, and Σ exp of it.
	relative := func(row []float32, t float64) (y []float32, total float32) {
		divide, exp, _ := steps(t)
		y, top, weights := make([]float32, len(row)), slices.Max(row), make([]float64, len(row))
		for v, x := range row {
			if y[v] = x; !math.IsInf(float64(x), -1) {
				y[v] = divide(x - top)
			}
			weights[v] = float64(exp(y[v]))
		}
		return y, pairwise(weights)
	}
	return byRow{
		logProb: func(row []float32, token int, t float64) float64 {
			return atZero(row, token, t, func() float64 {
				y, total := relative(row, t)
				_, exp, log := steps(t)
				base := log32(exp(1)) // 1, or ln 2
				return float64((y[token] - log(total)) * base)
			})
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			y, total := relative(row, t)
			_, exp, _ := steps(t)
			for v := range dst {
				dst[v] = exp(y[v]) / total
			}
		},
	}
}

func exp2of32(x float32) float32 { return float32(math.Exp2(float64(x))) }

// atZero is log p of a token, which at T = 0 takes no arithmetic.
func atZero(row []float32, token int, t float64, otherwise func() float64) float64 {
	if t == 0 {
		return certainty(token == argmax(row))
	}
	return otherwise()
}

func maximumFirst64() byRow {
	relative := func(row []float32, t float64) (y []float64, total float64) {
		y, top := make([]float64, len(row)), float64(slices.Max(row))
		for v, x := range row {
			y[v] = scaled64(x, t)
			if !math.IsInf(y[v], -1) {
				y[v] = (float64(x) - top) / t
			}
			total += math.Exp(y[v])
		}
		return y, total
	}
	return byRow{
		logProb: func(row []float32, token int, t float64) float64 {
			return atZero(row, token, t, func() float64 {
				y, total := relative(row, t)
				return y[token] - math.Log(total)
			})
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			y, total := relative(row, t)
			for v := range dst {
				dst[v] = float32(math.Exp(y[v]) / total)
			}
		},
		sample: func(row []float32, u, t float64) int {
			if t == 0 {
				return argmax(row)
			}
			p, total := relative(row, t)
			for v := range p {
				p[v] = math.Exp(p[v]) / total
			}
			return firstAbove(p, u)
		},
	}
}

// minusLogSumExp is the usual idiom of array libraries: correct by Must.
func minusLogSumExp() byRow {
	return byRow{
		logProb: func(row []float32, token int, t float64) float64 {
			return atZero(row, token, t, func() float64 {
				scaled, top, total := scaled32(row, t)
				return float64(scaled[token] - (top + log32(total)))
			})
		},
		anneal: func(dst, row []float32, t float64) {
			if t == 0 {
				oneHot(dst, argmax(row))
				return
			}
			scaled, top, total := scaled32(row, t)
			for v, y := range scaled {
				dst[v] = exp32(y - (top + log32(total)))
			}
		},
	}
}
