package peers

import (
	"math"

	"github.com/viterin/vek/vek32"

	"temper/reference"
)

// Vek32 is the softmax that its vectorised functions compose to: MulNumber, Max,
// SubNumber, Exp, Sum, MulNumber.
func Vek32() reference.Kernels {
	var room []float32
	weights := func(dst, row []float32, temperature float64) (largest, sum float32) {
		vek32.MulNumber_Into(dst, row, float32(1/temperature))
		largest = vek32.Max(dst)
		vek32.SubNumber_Inplace(dst, largest)
		vek32.Exp_Inplace(dst)
		return largest, vek32.Sum(dst)
	}
	logSumExp := func(row []float32, temperature float64) float64 {
		room = append(room[:0], row...)
		largest, sum := weights(room, row, temperature)
		return float64(largest) + math.Log(float64(sum))
	}
	return reference.Kernels{
		Name: "vek32", Available: true,
		LogSumExp: func(dst []float64, logits []float32, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				dst[r] = logSumExp(row, temperature)
				return nil
			})
		},
		LogProbs: func(dst []float64, logits []float32, tokens []int, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				dst[r] = float64(row[tokens[r]])/temperature - logSumExp(row, temperature)
				return nil
			})
		},
		Anneal: func(dst, logits []float32, rows int, temperature float64) error {
			return eachRow(logits, rows, func(r int, row []float32) error {
				p := dst[r*len(row) : (r+1)*len(row)]
				_, sum := weights(p, row, temperature)
				vek32.MulNumber_Inplace(p, 1/sum)
				return nil
			})
		},
	}
}
