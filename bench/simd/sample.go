package simd

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/reference"
)

// Sample finds the token i with F(i−1) ≤ u < F(i) in a few steps from large parts of
// the row to small ones:
//
//  1. A pass over the row leaves the masses of its chunks, at most 128. Choose the
//     chunk whose share of the distribution function holds u. A row of up to mostWeighed
//     logits is one chunk, and needs no pass.
//  2. Compute the powers of the chunk's logits and their sums in blocks of blockLength,
//     and choose a block by the sums.
//  3. Choose the token by the powers of the block.
//
// Only the chosen chunk is read again: of 131072 logits 2048. Each step goes on with
// the place of u within the chosen part, so that the rounding of one step is spread
// over all tokens of the next.

const (
	blockLength = 64
	mostBlocks  = 64
	mostWeighed = mostBlocks * blockLength
)

// drawing is room for the powers of a chunk and the running sums of its blocks, after 0.
type drawing struct {
	powers [mostWeighed]float32
	sums   [1 + mostBlocks]float64
}

// blocksOf returns the number of blocks of a chunk.
func blocksOf(logits int) int { return (logits + blockLength - 1) / blockLength }

// roundedUp returns the next multiple of eight, which is how many parts locate takes.
func roundedUp(parts int) int { return (parts + 7) &^ 7 }

// sample is [reference.Kernels].Sample.
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
	if len(row) <= mostWeighed {
		if k := j.offset(float64(float32Of(row[0])) * c); math.Abs(k) <= j.reach/2 {
			if token, ok := j.drawFrom(&m.drawing, row, j.u[r], c, k); ok {
				j.drawn[r] = token
				return nil
			}
		}
	}
	if _, ok := j.measure(m, row, c); ok {
		j.drawn[r] = j.invert(m, row, j.u[r], c)
		return nil
	}
	return j.slowSampleRow(m, r, row, c)
}

// drawFrom draws a token of a chunk of up to mostWeighed logits. ok is false where the
// powers do not fit, and where the logits have no distribution.
func (a *arithmetic[E]) drawFrom(d *drawing, chunk []E, u, c, k float64) (token int, ok bool) {
	blocks := blocksOf(len(chunk))
	if !a.weighBlocks(d.powers[:], d.sums[:], chunk, c, k) || !(mass{d.sums[blocks], k}).valid() {
		return 0, false
	}
	block := 0
	if blocks > 1 {
		block, u = chooseBlock(d.sums[:blocks+1], u)
	}
	token, _ = a.locate(d.powers[block*blockLength:min((block+1)*blockLength, roundedUp(len(chunk)))], u)
	return block*blockLength + token, true
}

// chooseBlock works like choose on running sums after 0. It has no branch for a sum, so
// that the powers of the next row are not delayed by a wrong guess.
func chooseBlock(sums []float64, u float64) (i int, within float64) {
	target := below(u, sums[len(sums)-1])
	i = -1
	for _, sum := range sums {
		i += 1 - int(math.Float64bits(target-sum)>>63)
	}
	return i, (target - sums[i]) / (sums[i+1] - sums[i])
}

// below returns u·total, at most the number before the total: for a u near 1 the product
// may be rounded up to it.
func below(u, total float64) float64 {
	return min(float64(u*total), math.Float64frombits(math.Float64bits(total)-1))
}

func (j *job[E]) slowSampleRow(_ *masses, r int, row []E, _ float64) error {
	if err := cmp.Or(reference.CheckRow(widened(row)), reference.CheckUniform(j.u[r])); err != nil {
		return err
	}
	return j.slow.Sample(j.drawn[r:r+1], row, j.u[r:r+1], j.temperature)
}

// draw is [reference.Kernels].Draw: sample with a u from one word of src for each row.
// The words are read in the order of the rows, before the rows are shared between
// threads.
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

// invert returns the token of a measured row whose interval of the distribution
// function holds u.
func (a *arithmetic[E]) invert(m *masses, row []E, u, c float64) int {
	last := m.chunk[m.n-1].k
	for i, chunk := range m.chunk[:m.n] {
		m.parts[i] = chunk.at(last)
	}
	i, u := choose(m.parts[:m.n], u)
	k := m.chunk[i].k
	length := stride(len(row), chunkLength, mostChunks)
	begin, end := i*length, min((i+1)*length, len(row))

	for end-begin > mostWeighed {
		length := stride(end-begin, chunkLength, mostChunks)
		n := 0
		for at := begin; at < end; at += length {
			m.parts[n], _ = a.sum(row[at:min(at+length, end)], c, k)
			n++
		}
		i, u = choose(m.parts[:n], u)
		begin, end = begin+i*length, min(begin+(i+1)*length, end)
	}
	i, _ = a.drawFrom(&m.drawing, row[begin:end], u, c, k)
	return begin + i
}

// choose returns the part i with F(i−1) ≤ u < F(i), where F is the distribution
// function of the parts, and the place of u within it, in [0, 1]. At least one part
// is above 0, and a part that is 0 is never chosen. As an example, the parts 1, 0, 3
// and u = .625 give part 2 and the place (.625 − .25)/.75 = .5.
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
