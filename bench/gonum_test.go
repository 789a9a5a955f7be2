package bench_test

import (
	"gonum.org/v1/gonum/floats"

	"temper/reference"
)

// gonum is what a user would take for a log-sum-exp otherwise: its rows must be
// converted to float64 and divided by T first. Not for concurrent use.
func gonum() reference.Kernels {
	var row []float64
	return reference.Kernels{
		Name:      "gonum",
		Available: true,
		LogSumExp: func(dst []float64, logits []float32, temperature float64) error {
			vocab, err := reference.Vocab(len(logits), len(dst))
			if err != nil {
				return err
			}
			for r := range dst {
				row = row[:0]
				for _, x := range logits[r*vocab : (r+1)*vocab] {
					row = append(row, float64(x)/temperature)
				}
				dst[r] = floats.LogSumExp(row)
			}
			return nil
		},
	}
}
