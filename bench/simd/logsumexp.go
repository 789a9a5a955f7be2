package simd

import (
	"fmt"
	"math"

	"temper/reference"
)

// logSumExp works like [reference.Kernels] says.
func (a *arithmetic[E]) logSumExp(dst []float64, logits []E, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok || temperature == 0 {
		return a.slow.LogSumExp(dst, logits, temperature)
	}
	j := a.job(logits, len(dst), c, temperature)
	j.values = dst
	if math.IsInf(temperature, 1) {
		return j.run(uniformLogSumExp)
	}
	return j.run(logSumExp)
}

func (j *job[E]) logSumExpRow(m *masses, r int, row []E) error {
	if total, ok := j.measure(m, row, j.c); ok {
		j.values[r] = total.log()
		return nil
	}
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return j.slow.LogSumExp(j.values[r:r+1], row, j.temperature)
}

// logProbs works like [reference.Kernels] says.
func (a *arithmetic[E]) logProbs(dst []float64, logits []E, tokens []int, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return a.slow.LogProbs(dst, logits, tokens, temperature)
	}
	if len(tokens) != len(dst) {
		return fmt.Errorf("%d tokens for %d rows: %w", len(tokens), len(dst), reference.ErrShape)
	}
	j := a.job(logits, len(dst), c, temperature)
	j.values, j.tokens = dst, tokens
	switch {
	case temperature == 0:
		return j.run(greedyLogProbs)
	case math.IsInf(temperature, 1):
		return j.run(uniformLogProbs)
	}
	return j.run(logProbs)
}

func (j *job[E]) logProbsRow(m *masses, r int, row []E) error {
	token := j.tokens[r]
	if err := checkToken(token, row); err != nil {
		return err
	}
	if total, ok := j.measure(m, row, j.c); ok {
		j.values[r] = logProb(float32Of(row[token]), total, j.c)
		return nil
	}
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return j.slow.LogProbs(j.values[r:r+1], row, j.tokens[r:r+1], j.temperature)
}

// logProb is that of a token in a row of the mass: log p = (x·c − k − log2(sum)) ·
// ln2. The same x·c − k as in the mass makes large logits cancel exactly, where
// x/T − LogSumExp would leave the rounding of both.
func logProb(logit float32, total mass, c float64) float64 {
	return (exponentWith(logit, c, total.k) - log2(total.sum)) * math.Ln2
}
