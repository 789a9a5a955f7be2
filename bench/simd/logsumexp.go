package simd

import (
	"fmt"
	"math"

	"temper/reference"
)

// logSumExp works like [reference.Kernels] says.
func (a *arithmetic) logSumExp(dst []float64, logits []float32, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return a.slow.LogSumExp(dst, logits, temperature)
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
		return a.slow.LogSumExp(dst[r:r+1], row, temperature)
	})
}

// logProbs works like [reference.Kernels] says.
func (a *arithmetic) logProbs(dst []float64, logits []float32, tokens []int, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return a.slow.LogProbs(dst, logits, tokens, temperature)
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
			dst[r] = logProb(row[tokens[r]], total, temperature)
			return nil
		}
		if err := reference.CheckRow(row); err != nil {
			return err
		}
		return a.slow.LogProbs(dst[r:r+1], row, tokens[r:r+1], temperature)
	})
}

// logProb is that of a token in a row of the mass. A masked token's quotient
// would be NaN at T = +Inf.
func logProb(logit float32, total mass, temperature float64) float64 {
	if x := float64(logit); !math.IsInf(x, -1) {
		return x/temperature - total.log()
	}
	return math.Inf(-1)
}
