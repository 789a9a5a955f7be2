package simd

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
)

// anneal works like [reference.Kernels] says. Each logit costs one power of two:
// dst first receives the powers relative to the largest logit so far, chunk by
// chunk, and on the way back every chunk its factor.
func (a *arithmetic[E]) anneal(dst []float32, logits []E, rows int, temperature float64) error {
	c, ok := a.at(temperature)
	if !ok {
		return a.slow.Anneal(dst, logits, rows, temperature)
	}
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
	}
	j := a.job(logits, rows, c, temperature)
	j.p = dst
	switch {
	case temperature == 0:
		return j.run(greedyAnneal)
	case math.IsInf(temperature, 1):
		return j.run(uniformAnneal)
	}
	return j.run(anneal)
}

func (j *job[E]) annealRow(m *masses, r int, row []E) error {
	dst := j.p[r*len(row) : (r+1)*len(row)]
	err := j.annealGood(m, dst, row, j.c, j.temperature)
	if err != nil {
		fill(dst, float32(math.NaN()))
	}
	return err
}

// annealGood leaves anything in dst where there is an error.
func (a *arithmetic[E]) annealGood(m *masses, dst []float32, row []E, c float64, temperature float64) error {
	got := a.pass(m, dst, row, c)
	if got < len(row) {
		// What the pass has overwritten in place held neither NaN nor +Inf, or
		// its power is NaN now.
		if err := reference.CheckRow(widened(row)); err != nil {
			return err
		}
		// The logits before the first one out of reach are masked, or too far
		// below it for a probability above 0.
		clear(dst[:got])
		return a.slow.Anneal(dst[got:], row[got:], 1, temperature)
	}
	total := m.total()
	if total.valid() {
		m.normalise(a.multiply, dst, total)
		return nil
	}
	if err := reference.CheckRow(widened(row)); err != nil {
		return err
	}
	return fmt.Errorf("%d logits, none above -Inf: %w", len(row), reference.ErrNoSupport)
}

// normalise turns the powers of every chunk into probabilities, the last chunk
// first: it is in the cache still.
func (m *masses) normalise(multiply func(w []float32, factor float64), w []float32, total mass) {
	length := stride(len(w), chunkLength, mostChunks)
	for i, part := range slices.Backward(m.chunk[:m.n]) {
		factor := mass{1, part.k}.at(total.k) / total.sum
		multiply(w[i*length:min((i+1)*length, len(w))], factor)
	}
}

func fill(dst []float32, value float32) {
	for i := range dst {
		dst[i] = value
	}
}
