package peers

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"

	"temper/reference"
)

// Gonum is floats.LogSumExp and distuv.Categorical, on logits converted to float64
// and divided by T, as they must be first.
func Gonum() reference.Kernels {
	var scaled []float64
	scale := func(row []float32, temperature float64) []float64 {
		scaled = scaled[:0]
		for _, x := range row {
			scaled = append(scaled, float64(x)/temperature)
		}
		return scaled
	}
	return reference.Kernels{
		Name: "gonum", Available: true,
		LogSumExp: func(dst []float64, logits []float32, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				dst[r] = floats.LogSumExp(scale(row, temperature))
				return nil
			})
		},
		LogProbs: func(dst []float64, logits []float32, tokens []int, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				x := scale(row, temperature)
				dst[r] = x[tokens[r]] - floats.LogSumExp(x)
				return nil
			})
		},
		Draw: func(dst []int, logits []float32, src rand.Source, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				weights := scale(row, temperature)
				floats.AddConst(-floats.Max(weights), weights)
				for v, x := range weights {
					weights[v] = math.Exp(x)
				}
				dst[r] = int(distuv.NewCategorical(weights, src).Rand())
				return nil
			})
		},
	}
}
