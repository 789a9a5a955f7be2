package peers

import (
	"gorgonia.org/tensor"

	"temper/reference"
)

// Gorgonia is SoftMax and LogSoftMax of its tensors, of logits divided by T.
func Gorgonia() reference.Kernels {
	scaled := func(row []float32, temperature float64) (tensor.Tensor, error) {
		x := tensor.New(tensor.WithShape(1, len(row)), tensor.WithBacking(row))
		return tensor.Div(x, float32(temperature))
	}
	return reference.Kernels{
		Name: "gorgonia", Available: true,
		LogProbs: func(dst []float64, logits []float32, tokens []int, temperature float64) error {
			return eachRow(logits, len(dst), func(r int, row []float32) error {
				x, err := scaled(row, temperature)
				if err != nil {
					return err
				}
				logp, err := tensor.LogSoftMax(x, 1)
				if err != nil {
					return err
				}
				dst[r] = float64(logp.Data().([]float32)[tokens[r]])
				return nil
			})
		},
		Anneal: func(dst, logits []float32, rows int, temperature float64) error {
			return eachRow(logits, rows, func(r int, row []float32) error {
				x, err := scaled(row, temperature)
				if err != nil {
					return err
				}
				p, err := tensor.SoftMax(x, 1)
				if err != nil {
					return err
				}
				copy(dst[r*len(row):], p.Data().([]float32))
				return nil
			})
		},
	}
}
