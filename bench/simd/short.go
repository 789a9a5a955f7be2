package simd

import (
	"math"
	"slices"

	"temper/reference"
)

// A short row is cut without collecting its tokens: every logit is compared with every
// other one (lastOpen), the powers of what is cut become 0, and locate draws from the rest.
// Rows of the same settings are taken together as in batch.go, and each has the result
// that it has alone.
//
// Powers are added up in float32 here. Where the border of TopP is so near a token that the
// rounding could decide, the row is left to the search in float64.

// doubt is how far, relative to it, a limit of mass may be from a sum without a doubt on which
// side it is: some ten times the error of a sum of 64 powers.
const doubt = 1e-5

// last is what lastOpen finds: the smallest logit whose quota is open, what is before it,
// and before the next smaller one, and how many tokens are equal to it.
type last struct {
	logit         float32
	before, after float32
	equal         int
}

// sure reports whether rounding cannot change what is found.
func (l last) sure(limit float64) bool {
	return float64(l.before) <= limit*(1-doubt) && float64(l.after) >= limit*(1+doubt)
}

// ones are weights with which lastOpen counts.
var ones = func() (w [shortRow]float32) {
	for i := range w {
		w[i] = 1
	}
	return w
}()

func cutSampleBatch(j *job[float32], m *masses, r int, rows []float32, _ float64) (left rowSet) {
	n := len(rows) / j.vocab
	how := j.how[r : r+n]
	if slices.ContainsFunc(how[1:], func(h reference.Sampling) bool { return h != how[0] }) {
		return allOf(n)
	}
	return j.sampler.sampleShort(j, m, r, rows, how[0])
}

// allOf is the set of the first n rows.
func allOf(n int) rowSet { return ^rowSet(0) >> (batchRows - n) }

// sampleShort draws from rows of the same settings. It leaves bad ones alone, and those in
// doubt.
func (s *sampler) sampleShort(j *job[float32], m *masses, r int, rows []float32, how reference.Sampling) (left rowSet) {
	n := len(rows) / j.vocab
	c := math.Log2E / how.Temperature
	if s.cutting.lastOpen == nil || s.convention.Check(how) != nil || s.greedy(how) || !(s.least <= c && c <= s.most) {
		return allOf(n)
	}
	b, u := &m.batch, j.u[r:r+n]
	for i := range n {
		b.border[i] = noBorder
	}
	temperature, weighed := 1.0, 0.0
	for _, step := range s.convention.Order {
		switch {
		case step == reference.Temper:
			temperature = how.Temperature
		case step == reference.TopK && 0 < how.TopK && how.TopK < j.vocab:
			for i := range n {
				b.narrow(i, s.shortTopK(rows[i*j.vocab:][:j.vocab], how.TopK))
			}
		case step == reference.TopP && 0 < how.TopP && how.TopP < 1:
			if weighed != temperature {
				weighed = temperature
				left |= j.compute(j.weighRows, m, rows, math.Log2E/temperature)
			}
			for i := range n {
				if left.has(i) {
					continue
				}
				found, ok := s.shortTopP(m, i, rows[i*j.vocab:][:j.vocab], how.TopP)
				if b.narrow(i, found); !ok {
					left.add(i)
				}
			}
		case step == reference.MinP && how.MinP > 0:
			least := logOf(how.MinP)
			for i := range n {
				b.narrow(i, minPBorder(j.maximum(rows[i*j.vocab:][:j.vocab]), least, temperature))
			}
		}
	}
	if weighed != how.Temperature {
		left |= j.compute(j.weighRows, m, rows, c)
	}
	for i := range n {
		s.drop(m.powers[i*shortRow:], rows[i*j.vocab:][:j.vocab], b.border[i])
	}
	for i, u := range u {
		token, total := j.locate(m.powers[i*shortRow:][:roundedUp(j.vocab)], u)
		if !(u >= 0 && u < 1) || !(mass{sum: total}).valid() {
			left.add(i)
		}
		if !left.has(i) {
			j.drawn[r+i] = token
		}
	}
	return left
}

func (b *batch) narrow(i int, found border) { b.border[i] = b.border[i].narrower(found) }

// drop makes the powers of the tokens 0 that are cut.
func (s *sampler) drop(w, row []float32, left border) {
	if left == noBorder {
		return
	}
	s.cutting.dropUpTo(w, row, left.low())
	if ties := left.ties; 0 < ties && ties < len(row) {
		for v, x := range row {
			if x != left.logit {
				continue
			}
			if ties--; ties < 0 {
				w[v] = 0
			}
		}
	}
}

func (s *sampler) shortTopK(row []float32, k int) border {
	found := s.cutting.lastOpen(row, ones[:], 0, float32(k))
	switch {
	case isMasked(found.logit): // there are no more
		return noBorder
	case s.convention.TiesAtK:
		return found.border(found.equal, len(row))
	}
	return found.border(k-int(found.before), len(row))
}

// border keeps so many of the tokens that are equal to the last one, or all of them.
func (l last) border(ties, vocab int) border {
	if ties >= l.equal {
		ties = vocab
	}
	return border{l.logit, ties}
}

// shortTopP searches by the powers of row i of a batch. ok is false in doubt.
func (s *sampler) shortTopP(m *masses, i int, row []float32, p float64) (found border, ok bool) {
	w, total, left := m.powers[i*shortRow:][:shortRow], m.batch.sum[i], m.batch.border[i]
	if left != noBorder && !s.convention.OriginalMass {
		total = massOf(&s.cutting, row, w, left)
	}
	limit := float64(p * total)
	// All tokens whose powers are below this are together lighter than what is cut.
	light := (total - float64(limit*(1+2*doubt))) / float64(len(row))
	l := s.cutting.lastOpen(row, w, float32(light), float32(limit))
	if !l.sure(limit) {
		return noBorder, false
	}
	if l.equal == 1 || s.convention.TiesAtP {
		return l.border(l.equal, len(row)), true
	}
	ties, ok := quota{share: p, total: total}.surely(float64(l.before), float64(w[slices.Index(row, l.logit)]), l.equal, doubt*limit)
	return l.border(ties, len(row)), ok
}

// massOf is the sum of the powers of the tokens that a border keeps.
func massOf(c *cutting, row, w []float32, left border) (total float64) {
	if 0 < left.ties && left.ties < len(row) {
		total, _ = c.massAbove(row, w, left.logit)
		return total + float64(float64(left.ties)*float64(w[slices.Index(row, left.logit)]))
	}
	total, _ = c.massAbove(row, w, left.low())
	return total
}
