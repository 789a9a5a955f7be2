package simd

import (
	"cmp"
	"fmt"
	"math"

	"temper/reference"
)

// logSumExp works like [reference.Kernels] says.
func (a *arithmetic[E]) logSumExp(dst []float64, logits []E, temperature float64) error {
	if !(temperature > 0) {
		return reference.Scalar.LogSumExp(nil, nil, temperature) // its error
	}
	j := a.job(logits, len(dst), temperature)
	j.values = dst
	return j.run(&a.operations.logSumExp)
}

func (j *job[E]) logSumExpRow(m *masses, r int, row []E, c float64) error {
	if total, ok := j.measure(m, row, c); ok {
		j.values[r] = total.log()
		return nil
	}
	return j.slowLogSumExpRow(m, r, row, c)
}

func (j *job[E]) slowLogSumExpRow(_ *masses, r int, row []E, _ float64) error {
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return j.slow.LogSumExp(j.values[r:r+1], row, j.temperature)
}

// logProbs works like [reference.Kernels] says.
func (a *arithmetic[E]) logProbs(dst []float64, logits []E, tokens []int, temperature float64) error {
	if err := reference.CheckTemperature(temperature); err != nil {
		return err
	}
	if len(tokens) != len(dst) {
		return fmt.Errorf("%d tokens for %d rows: %w", len(tokens), len(dst), reference.ErrShape)
	}
	j := a.job(logits, len(dst), temperature)
	j.values, j.tokens = dst, tokens
	return j.run(&a.operations.logProbs)
}

func (j *job[E]) logProbsRow(m *masses, r int, row []E, c float64) error {
	token := j.tokens[r]
	if err := checkToken(token, row); err != nil {
		return err
	}
	if total, ok := j.measure(m, row, c); ok {
		j.values[r] = logProb(float32Of(row[token]), total, c)
		return nil
	}
	return j.slowLogProbsRow(m, r, row, c)
}

func (j *job[E]) slowLogProbsRow(_ *masses, r int, row []E, _ float64) error {
	if err := cmp.Or(reference.CheckRow(widened(row)), reference.CheckToken(j.tokens[r], len(row))); err != nil {
		return err
	}
	return j.slow.LogProbs(j.values[r:r+1], row, j.tokens[r:r+1], j.temperature)
}

// logProb is that of a token in a row of the mass: log p = (x·c − k − log2(sum)) ·
// ln2. The same x·c − k as in the mass makes large logits cancel exactly, where
// x/T − LogSumExp would leave the rounding of both.
func logProb(logit float32, total mass, c float64) float64 {
	return (exponent(logit, c, total.k) - log2(total.sum)) * math.Ln2
}
