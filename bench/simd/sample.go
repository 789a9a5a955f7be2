package simd

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
)

// The last step of sampling chooses from blockLength logits, the steps before it
// from fanOut parts each.
const (
	blockLength = 64
	fanOut      = 8
)

// sample works like [reference.Kernels] says. It costs little more than a
// log-sum-exp: the pass leaves the masses of chunks, u chooses one of them, and
// only that one is read again.
func (a *arithmetic[E]) sample(dst []int, logits []E, u []float64, temperature float64) error {
	if err := reference.CheckTemperature(temperature); err != nil {
		return err
	}
	if len(u) != len(dst) {
		return fmt.Errorf("%d uniform numbers for %d rows: %w", len(u), len(dst), reference.ErrShape)
	}
	j := a.job(logits, len(dst), temperature)
	j.drawn, j.u = dst, u
	return j.run(&a.operations.sample)
}

func (j *job[E]) sampleRow(m *masses, r int, row []E, c float64) error {
	if err := checkUniform(j.u[r], row); err != nil {
		return err
	}
	if _, ok := j.measure(m, row, c); ok {
		j.drawn[r] = j.invert(m, row, j.u[r], c)
		return nil
	}
	return j.slowSampleRow(m, r, row, c)
}

func (j *job[E]) slowSampleRow(_ *masses, r int, row []E, _ float64) error {
	if err := cmp.Or(reference.CheckRow(widened(row)), reference.CheckUniform(j.u[r])); err != nil {
		return err
	}
	return j.slow.Sample(j.drawn[r:r+1], row, j.u[r:r+1], j.temperature)
}

// draw is sample with one word of src for every row, taken before the rows are
// split over threads.
func (a *arithmetic[E]) draw(dst []int, logits []E, src rand.Source, temperature float64) error {
	if err := reference.CheckTemperature(temperature); err != nil {
		return err
	}
	if _, err := reference.Vocab(len(logits), len(dst)); err != nil {
		return err
	}
	if temperature == 0 {
		j := a.job(logits, len(dst), temperature)
		j.drawn = dst
		return j.run(&a.operations.sample)
	}
	if len(dst) > 0 {
		if err := reference.CheckSource(src); err != nil {
			return err
		}
	}
	u := uniforms.Get().(*[]float64)
	*u = slices.Grow((*u)[:0], len(dst))[:len(dst)]
	for r := range *u {
		(*u)[r] = reference.Uniform(src)
	}
	err := a.sample(dst, logits, *u, temperature)
	uniforms.Put(u)
	return err
}

// uniforms are kept for the next draw.
var uniforms = sync.Pool{New: func() any { return new([]float64) }}

// invert is the token of a measured row whose interval of the distribution
// function holds u. It goes from chunk to token in steps; what is left of u at
// each step is its place within the part chosen, so that no rounding of one step
// falls on a single token of the next.
func (a *arithmetic[E]) invert(m *masses, row []E, u, c float64) int {
	last := m.chunk[m.n-1].k
	for i, chunk := range m.chunk[:m.n] {
		m.parts[i] = chunk.at(last)
	}
	i, u := choose(m.parts[:m.n], u)
	k := m.chunk[i].k
	length := stride(len(row), chunkLength, mostChunks)
	begin, end := i*length, min((i+1)*length, len(row))

	for end-begin > blockLength {
		length := stride(end-begin, blockLength, fanOut)
		n := 0
		for at := begin; at < end; at += length {
			m.parts[n], _ = a.sum(row[at:min(at+length, end)], c, k)
			n++
		}
		i, u = choose(m.parts[:n], u)
		begin, end = begin+i*length, min(begin+(i+1)*length, end)
	}

	block := wide(m.room[:], row[begin:end])
	largest := float64(maximum(block))
	for i, x := range block {
		m.parts[i] = exp2(float64((float64(x) - largest) * c))
	}
	i, _ = choose(m.parts[:len(block)], u)
	return begin + i
}

// choose is the part i with F(i−1) ≤ u < F(i), F the distribution function of
// the parts, at least one of which is above 0, and where in [0, 1] of the part u
// lies. A part that is 0 is never chosen.
func choose(parts []float64, u float64) (i int, within float64) {
	var total, running float64
	for _, p := range parts {
		total += p
	}
	target := float64(u * total) // rounded on every architecture: within is in [0, 1] then
	for j, p := range parts {
		if p == 0 {
			continue
		}
		if target < running+p {
			return j, (target - running) / p
		}
		i, running = j, running+p
	}
	return i, 1
}
