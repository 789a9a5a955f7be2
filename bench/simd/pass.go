package simd

import "math"

// The length of a chunk: short enough for two readings from the first-level
// cache, long enough for what happens once per chunk not to matter. Very long
// rows have longer chunks, so that there are never more than mostChunks.
const (
	chunkLength = 2048
	mostChunks  = 128
)

// mass is what a stretch of a row contributes to Σ exp(x/T): sum · 2^k.
type mass struct{ sum, k float64 }

// masses are those of a row's chunks in order. The k do not decrease, −Inf before
// the first logit that is not masked.
type masses struct {
	chunk [mostChunks]mass
	n     int
	parts [mostChunks]float64 // room for invert
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
// The k of a chunk is c·max, so that the largest power is 1 and what lies below
// 2^−126 is a probability below that; max is the largest logit up to its end:
// a chunk's maximum is known before its powers are taken, from the same cache
// lines, which makes one pass of what is two by the formula.
func (a *arithmetic) pass(m *masses, dst, row []float32, c float64) int {
	m.n = 0
	largest, k := float32(math.Inf(-1)), 0.0
	length := stride(len(row), chunkLength, mostChunks)
	for at := 0; at < len(row); at += length {
		end := min(at+length, len(row))
		if top := a.maximum(row[at:end]); !(top <= largest) {
			if k = a.offset(float64(top) * c); !(math.Abs(k) <= a.reach/2) {
				top = a.maximum(row[at:]) // half the reach early, so that what a pass leaves behind is far below
				k = a.offset(float64(top) * c)
			}
			if largest = top; !(math.Abs(k) <= a.reach) {
				return at
			}
		}
		kept := k
		if math.IsInf(float64(largest), -1) {
			kept = math.Inf(-1) // nothing but masked tokens yet: a mass of 0 on any scale
		}
		var total float64
		if dst == nil {
			total = a.sum(row[at:end], c, k)
		} else {
			total = a.weigh(dst[at:end], row[at:end], c, k)
		}
		m.chunk[m.n] = mass{total, kept}
		m.n++
	}
	return len(row)
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
	return (math.Log2(m.sum) + m.k) * math.Ln2
}
