package simd

import (
	"fmt"

	"temper/reference"
)

// logSumExp works like [reference.Kernels] says.
func (a *arithmetic) logSumExp(dst []float64, logits []float32, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return reference.Scalar.LogSumExp(dst, logits, temperature)
	}
	var m masses
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		total, ok := a.measure(&m, row, c)
		if ok {
			dst[r] = total.log()
			return nil
		}
		if err := reference.CheckRow(row); err != nil {
			return err
		}
		return reference.Scalar.LogSumExp(dst[r:r+1], row, temperature)
	})
}

// logProbs works like [reference.Kernels] says.
func (a *arithmetic) logProbs(dst []float64, logits []float32, tokens []int, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return reference.Scalar.LogProbs(dst, logits, tokens, temperature)
	}
	if len(tokens) != len(dst) {
		return fmt.Errorf("%d tokens for %d rows: %w", len(tokens), len(dst), reference.ErrShape)
	}
	var m masses
	return eachRow(logits, len(dst), func(r int, row []float32) error {
		if err := reference.CheckToken(tokens[r], len(row)); err != nil {
			return err
		}
		total, ok := a.measure(&m, row, c)
		if ok {
			dst[r] = float64(row[tokens[r]])/temperature - total.log()
			return nil
		}
		if err := reference.CheckRow(row); err != nil {
			return err
		}
		return reference.Scalar.LogProbs(dst[r:r+1], row, tokens[r:r+1], temperature)
	})
}
