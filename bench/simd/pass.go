package simd

import (
	"math"
	"unsafe"
)

// The length of a chunk: short enough for two readings from the first-level
// cache, long enough for what happens once per chunk not to matter. Very long
// rows have longer chunks, so that there are never more than mostChunks.
const (
	chunkLength = 2048
	mostChunks  = 128
)

// mass is what a stretch of a row contributes to Σ exp(x/T): sum · 2^k.
type mass struct{ sum, k float64 }

// masses are those of a row's chunks in order. The k do not decrease.
type masses struct {
	chunk [mostChunks]mass
	n     int
	parts [mostChunks]float64 // room for invert

	room [chunkLength]float32 // for logits of a chunk, widened
}

// stride is how many logits of a row form a part, when there shall be at most
// count parts of at least so many logits each.
func stride(vocab, least, count int) int {
	return max(least, (vocab+count-1)/count)
}

// pass reads a row once and measures its chunks; with dst it also writes each
// logit's power, relative to its chunk's k. It returns the number of logits it
// got through: less than all of them where the next chunk is out of reach.
//
// By the formula k is c·max, and its search a pass of its own. But any k will do
// that is not far below: powers above 1 do no harm, and what lies below 2^−126 is
// a probability below that while k is not above c·max. So the first logit's serves
// until the powers themselves tell of a chunk for which it is too low.
func (a *arithmetic[E]) pass(m *masses, dst []float32, row []E, c float64) int {
	m.n = 0
	k := a.offset(float64(float32Of(row[0])) * c)
	near := math.Abs(k) <= a.reach/2
	length := stride(len(row), chunkLength, mostChunks)
	for at := 0; at < len(row); at += length {
		end := min(at+length, len(row))
		chunk, out := row[at:end], dst
		if dst != nil {
			out = dst[at:end]
		}
		var total float64
		fits := false
		if near {
			total, fits = a.powers(out, chunk, c, k)
		}
		if !fits {
			if k = a.offset(float64(a.maximum(chunk)) * c); !(math.Abs(k) <= a.reach/2) {
				// Half the reach early, so that what a pass leaves behind is far below.
				k = a.offset(float64(a.maximum(row[at:])) * c)
			}
			if near = math.Abs(k) <= a.reach; !near {
				return at
			}
			total, _ = a.powers(out, chunk, c, k)
		}
		m.chunk[m.n] = mass{total, k}
		m.n++
	}
	return len(row)
}

// powers is the sum of a chunk's powers, which it writes to dst unless that is
// nil. Where dst is the chunk itself, powers that do not fit would cost its
// logits.
func (a *arithmetic[E]) powers(dst []float32, chunk []E, c, k float64) (total float64, fits bool) {
	switch {
	case dst == nil:
		return a.sum(chunk, c, k)
	case unsafe.Pointer(&dst[0]) == unsafe.Pointer(&chunk[0]) && !a.fits(a.maximum(chunk), c, k):
		return math.NaN(), false
	}
	return a.weigh(dst, chunk, c, k)
}

// total adds the chunks up, relative to the last one's k.
func (m *masses) total() mass {
	last := m.chunk[m.n-1].k
	var sum float64
	for _, c := range m.chunk[:m.n] {
		sum += c.at(last)
	}
	return mass{sum, last}
}

// negligible is the share of a row that counts as nothing. The smallest float64
// would do for the sums, but then Sample could draw, at u = 0, a token that has
// no probability in any format.
const negligible = 0x1p-200

// at is the sum that the mass would have with a larger k. A sum of NaN, which is
// how a chunk may tell of a bad logit, stays one on every scale.
func (m mass) at(k float64) float64 {
	if m.k == k {
		return m.sum
	}
	scale := math.Exp2(m.k - k)
	if scale < negligible {
		scale = 0
	}
	return m.sum * scale
}

// valid says whether a row of this mass has a distribution: not if it holds NaN,
// and not if all of it is masked.
func (m mass) valid() bool { return m.sum > 0 && m.sum <= math.MaxFloat64 }

// log is the natural logarithm of the mass.
func (m mass) log() float64 {
	return (log2(m.sum) + m.k) * math.Ln2
}

// measure passes over a row and totals it; ok is false for a bad row, and for
// one that is out of reach.
func (a *arithmetic[E]) measure(m *masses, row []E, c float64) (total mass, ok bool) {
	if a.pass(m, nil, row, c) < len(row) {
		return total, false
	}
	total = m.total()
	return total, total.valid()
}
