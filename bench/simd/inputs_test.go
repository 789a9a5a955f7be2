package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// widestStep is the number of logits in the longest unrolled step of a variant.
const widestStep = 128

// rows are hard inputs. The normal ones have every length up to four steps and one
// more and the vocabularies of real models, the others lengths near the borders
// of registers, blocks and chunks.
func rows(yield func(name string, row []float32) bool) {
	borders := []int{1, 2, 15, 16, 17, 27, 127, 128, 129, 2047, 2048, 2049, 4100}
	all := []int{32000, 50257, 65537, 131072, 262144, 600001}
	for length := 1; length <= 4*widestStep+1; length++ {
		all = append(all, length)
	}
	for kind, fill := range kinds {
		r := rand.New(rand.NewPCG(1, 2))
		lengths := borders
		if kind == "normal" && !testing.Short() {
			lengths = append(all, borders...)
		}
		for _, length := range lengths {
			row := make([]float32, length)
			for i := range row {
				row[i] = fill(r, i, length)
			}
			if math.IsInf(float64(slices.Max(row)), -1) {
				row[r.IntN(length)] = float32(r.NormFloat64()) // something has support
			}
			if !yield(fmt.Sprintf("%s/%d", kind, length), row) {
				return
			}
		}
	}
}

var kinds = map[string]func(r *rand.Rand, i, length int) float32{
	"normal":     func(r *rand.Rand, i, length int) float32 { return float32(3 * r.NormFloat64()) },
	"wide":       func(r *rand.Rand, i, length int) float32 { return float32(30 * r.NormFloat64()) },
	"flat":       func(r *rand.Rand, i, length int) float32 { return 1 },
	"ascending":  func(r *rand.Rand, i, length int) float32 { return float32(40 * i / length) },
	"descending": func(r *rand.Rand, i, length int) float32 { return -float32(40 * i / length) },
	"masked": func(r *rand.Rand, i, length int) float32 {
		if r.IntN(2) == 0 {
			return float32(math.Inf(-1))
		}
		return float32(3 * r.NormFloat64())
	},
	"masked prefix": func(r *rand.Rand, i, length int) float32 {
		if i < 2049 {
			return float32(math.Inf(-1))
		}
		return float32(3*r.NormFloat64() - 1000)
	},
	"banned": func(r *rand.Rand, i, length int) float32 {
		if i == length/2 {
			return 1
		}
		return []float32{-math.MaxFloat32, -1e9, -100}[r.IntN(3)]
	},
	"lone":    func(r *rand.Rand, i, length int) float32 { return float32(math.Inf(-1)) },
	"extreme": func(r *rand.Rand, i, length int) float32 { return float32(r.NormFloat64()) * 1e37 },
	"tiny":    func(r *rand.Rand, i, length int) float32 { return float32(r.NormFloat64()) * 1e-40 },
}

var temperatures = []float64{0, 1e-300, 1e-38, 1e-6, .05, .2, .7, 1, 1.4427, 3, 1e6, 1e30, 1e300, math.Inf(1)}

// bound is 2 float32 ulps of max(largest finite |logit| / T, |lse|, 1), and
// infinite where that is.
func bound(row []float32, lse, temperature float64) float64 {
	unit := math.Max(math.Abs(lse), 1)
	for _, x := range row {
		if x := math.Abs(float64(x)); !math.IsInf(x, 0) {
			unit = math.Max(unit, x/temperature)
		}
	}
	if unit > math.MaxFloat64 || unit != unit {
		return math.Inf(1)
	}
	return twoUlps(unit)
}

// twoUlps is 2 float32 ulps of the unit.
func twoUlps(unit float64) float64 {
	_, exponent := math.Frexp(unit)
	return 2 * math.Ldexp(1, exponent-24)
}

// temperaturesFor are all of them for short rows, and three for long ones.
func temperaturesFor(row []float32) []float64 {
	if len(row) <= 64 {
		return temperatures
	}
	return []float64{.05, .7, 3}
}

// near allows for a bound, and for equal infinities.
func near(got, want, bound float64) bool {
	return got == want || math.Abs(got-want) <= bound || math.IsInf(bound, 1) && !math.IsNaN(got)
}

// weights are the probabilities in float64.
func weights(row []float32, temperature float64) []float64 {
	p, total := make([]float64, len(row)), 0.0
	top := slices.Max(row)
	if temperature == 0 {
		p[slices.Index(row, top)] = 1
		return p
	}
	for i, x := range row {
		if !math.IsInf(float64(x), -1) {
			p[i] = math.Exp((float64(x) - float64(top)) / temperature)
			total += p[i]
		}
	}
	for i := range p {
		p[i] /= total
	}
	return p
}
