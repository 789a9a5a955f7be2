package simd

import (
	"math"
	"unsafe"

	"temper/bench/elementary"
)

// One pass over a row measures Σ exp(x/T). The row is cut into chunks. A chunk is the
// sum of the powers 2^(x·c − k) of its logits, c = log2(e)/T, with a k of its own:
//
//  1. Take the k of the chunk before. The first chunk starts with its first logit's.
//  2. Add up the powers. If one of them exceeds 2^headroom, k was too low: find the
//     largest logit of the chunk, take its k and add up again.
//  3. At the end bring all sums to the last k, the largest, and add them up.
//
// The maximum of the row is thus searched only in chunks that need it. As an example,
// a chunk whose logits lie up to 40 above the first one's at T = 1 has exponents up
// to 40·1.44 = 58 and is read once.

// A chunk is short enough to be read twice from the first-level cache. What is done once
// for a call takes as long as some 100 logits, so that several chunks with one k are added
// up by one call. Very long rows have longer chunks, one by one, so that there are never
// more than mostChunks.
const (
	chunkLength  = 2048
	mostChunks   = 128
	mostTogether = 16 // chunks that are added up by one call, at most
)

// mass is what a stretch of a row contributes to Σ exp(x/T): sum · 2^k.
type mass struct{ sum, k float64 }

// masses are those of a row's chunks in order. The k do not decrease.
type masses struct {
	chunk [mostChunks]mass
	n     int
	parts [mostChunks]float64 // room for invert

	apart bool                  // chunks are added up one by one: see sumChunks
	sums  [mostTogether]float64 // of sumChunks
	room  [chunkLength]float32  // for logits of a chunk, widened
	batch batch
	drawing
	survivors survivors
}

// stride is how many logits of a row form a part, when there shall be at most
// count parts of at least so many logits each.
func stride(vocab, least, count int) int {
	return max(least, (vocab+count-1)/count)
}

// pass reads a row once and measures its chunks. If dst is not nil it also writes
// the power of each logit there, relative to the k of its chunk. It returns the number
// of logits that were measured, which is less than all where the next chunk has a k
// out of reach.
//
// The formula has k = c·max. Any k from c·max − headroom to c·max gives the same
// probabilities: a power that is lost below 2^−126 then has a probability below 2^−126.
func (a *arithmetic[E]) pass(m *masses, dst []float32, row []E, c float64) int {
	m.n = 0
	k := a.offset(float64(float32Of(row[0])) * c)
	near := math.Abs(k) <= a.reach/2
	length := stride(len(row), chunkLength, mostChunks)
	together := dst == nil && a.sumChunks != nil && !m.apart && length == chunkLength
	alone := 0 // chunks up to here are not added up together
	for at := 0; at < len(row); {
		if together && near && at >= alone {
			if n := a.sumTogether(m, row[at:], c, k); n > 0 {
				at += n * length
				continue
			}
			alone = at + mostTogether*length
		}
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
				// Look ahead at half the reach: if a later chunk is out of reach, the
				// logits measured so far are then too far below it to have a probability.
				k = a.offset(float64(a.maximum(row[at:])) * c)
			}
			if near = math.Abs(k) <= a.reach; !near {
				return at
			}
			total, _ = a.powers(out, chunk, c, k)
		}
		m.add(total, k)
		at = end
	}
	return len(row)
}

func (m *masses) add(sum, k float64) {
	m.chunk[m.n] = mass{sum, k}
	m.n++
}

// sumTogether measures chunks of a row by one call, with one k, and returns how many: none
// where they do not fit.
func (a *arithmetic[E]) sumTogether(m *masses, row []E, c, k float64) int {
	sums := m.sums[:min(len(row)/chunkLength, mostTogether)]
	if len(sums) < 2 || !a.sumChunks(sums, row[:len(sums)*chunkLength], c, k) {
		return 0
	}
	for _, sum := range sums {
		m.add(sum, k)
	}
	return len(sums)
}

// powers returns the sum of a chunk's powers, and writes them to dst unless it is nil.
// Where dst is the chunk itself, it first makes sure that all powers fit, because
// writing them destroys the logits.
func (a *arithmetic[E]) powers(dst []float32, chunk []E, c, k float64) (total float64, fits bool) {
	switch {
	case dst == nil:
		return a.sum(chunk, c, k)
	case unsafe.Pointer(&dst[0]) == unsafe.Pointer(&chunk[0]) && !a.fits(a.maximum(chunk), c, k):
		return math.NaN(), false
	}
	return a.weigh(dst, chunk, c, k)
}

// total returns the sum of the chunks, relative to the k of the last one.
func (m *masses) total() mass {
	last := m.chunk[m.n-1].k
	var sum float64
	for _, c := range m.chunk[:m.n] {
		sum += c.at(last)
	}
	return mass{sum, last}
}

// negligible is the factor below which a chunk counts as 0. With a smaller one Sample
// could draw, at u = 0, a token whose probability is 0 in float32.
const negligible = 0x1p-200

// at returns the sum of the mass for a larger k. A sum of NaN, which a bad logit may
// cause, stays NaN.
func (m mass) at(k float64) float64 {
	if m.k == k {
		return m.sum
	}
	scale := elementary.PreciseExp2(m.k - k)
	if scale < negligible {
		scale = 0
	}
	return m.sum * scale
}

// valid reports whether a row of this mass has a distribution. It has none if a logit
// is NaN or +Inf, or if all are masked. As unsigned integers, the bits of +Inf, NaN and
// what is below 0 are above those of all other numbers, and so are those of 0 less 1.
func (m mass) valid() bool { return math.Float64bits(m.sum)-1 < math.Float64bits(math.MaxFloat64) }

// log returns the natural logarithm of the mass.
func (m mass) log() float64 {
	return (elementary.Log2(m.sum) + m.k) * math.Ln2
}

// measure returns the mass of a row. ok is false for a bad row and for one that is out
// of reach.
func (a *arithmetic[E]) measure(m *masses, row []E, c float64) (total mass, ok bool) {
	if a.pass(m, nil, row, c) < len(row) {
		return total, false
	}
	total = m.total()
	return total, total.valid()
}
