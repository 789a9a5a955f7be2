package simd

import (
	"fmt"
	"slices"

	"temper/reference"
)

// Anneal computes one power of two for each logit:
//
//  1. The pass writes the power of each logit to dst, relative to the k of its chunk.
//  2. Each chunk is multiplied by the factor that makes its powers probabilities,
//     2^(k − k_last) / Σ, the last chunk first, because it is still in the cache.

// anneal is [reference.Kernels].Anneal.
func (a *arithmetic[E]) anneal(dst []float32, logits []E, rows int, temperature float64) error {
	if err := reference.CheckTemperature(temperature); err != nil {
		return err
	}
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
	}
	j := a.job(logits, rows, temperature)
	j.p = dst
	return j.run(&a.operations.anneal)
}

// annealRow may leave any numbers in the row's probabilities where it returns an
// error.
func (j *job[E]) annealRow(m *masses, r int, row []E, c float64) error {
	dst := j.probabilities(r)
	got := j.pass(m, dst, row, c)
	if got < len(row) {
		// Where dst is the row itself, the powers written so far still show a bad
		// logit: the power of NaN and of +Inf is NaN.
		if err := reference.CheckRow(widened(row)); err != nil {
			return err
		}
		// The logits before the first one out of reach are masked, or too far
		// below it for a probability above 0.
		clear(dst[:got])
		return j.slow.Anneal(dst[got:], row[got:], 1, j.temperature)
	}
	total := m.total()
	if total.valid() {
		m.normalise(j.multiply, dst, total)
		return nil
	}
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return fmt.Errorf("%d logits, none above -Inf: %w", len(row), reference.ErrNoSupport)
}

func (j *job[E]) slowAnnealRow(_ *masses, r int, row []E, _ float64) error {
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return j.slow.Anneal(j.probabilities(r), row, 1, j.temperature)
}

// normalise turns the powers of all chunks into probabilities.
func (m *masses) normalise(multiply func(w []float32, factor float64), w []float32, total mass) {
	length := stride(len(w), chunkLength, mostChunks)
	for i, part := range slices.Backward(m.chunk[:m.n]) {
		factor := mass{1, part.k}.at(total.k) / total.sum
		multiply(w[i*length:min((i+1)*length, len(w))], factor)
	}
}
