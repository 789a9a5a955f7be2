package simd

import (
	"cmp"
	"fmt"
	"math"

	"temper/bench/elementary"
	"temper/reference"
)

// The log-sum-exp of a row is (k + log2 Σ 2^(x·c − k)) · ln 2, and the log-probability
// of a token (x·c − k − log2 Σ 2^(x·c − k)) · ln 2: one pass for the sum, and one
// logarithm. The same x·c − k stands in both places, so that a large common offset of
// the logits cancels: for [1e20 1e20] at T = 1 it is 0 for both tokens, and log p =
// −log 2. The difference x/T − LogSumExp would carry the rounding of 1e20.

// logSumExp is [reference.Kernels].LogSumExp.
func (a *arithmetic[E]) logSumExp(dst []float64, logits []E, temperature float64) error {
	if !(temperature > 0) {
		return reference.Scalar.LogSumExp(nil, nil, temperature) // for its error
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

// logProbs is [reference.Kernels].LogProbs.
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

// logProb returns log p of a token in a row of this mass.
func logProb(logit float32, total mass, c float64) float64 {
	return (exponent(logit, c, total.k) - elementary.Log2(total.sum)) * math.Ln2
}
