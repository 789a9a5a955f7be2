package peers

import (
	"github.com/nlpodyssey/spago/mat"

	"temper/reference"
)

// Spago is the Softmax of its dense vectors, of logits multiplied by 1/T.
func Spago() reference.Kernels {
	return reference.Kernels{
		Name: "spago", Available: true,
		Anneal: func(dst, logits []float32, rows int, temperature float64) error {
			return eachRow(logits, rows, func(r int, row []float32) error {
				x := mat.NewDense[float32](mat.WithBacking(row))
				p := x.ProdScalar(1 / temperature).(*mat.Dense[float32]).Softmax()
				copy(dst[r*len(row):], mat.Data[float32](p))
				return nil
			})
		},
	}
}
