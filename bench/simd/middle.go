package simd

import (
	"math"
	"slices"

	"temper/bench/elementary"
	"temper/reference"
)

// Rows that are longer than short ones, but not too long for the powers of all logits to be
// kept, are searched between two bounds. Each step reads all of them for the mass above a
// pivot halfway between the bounds, until up to 64 tokens are left, which are compared with
// each other as those of a short row.

// middling reports whether the row is one of these.
func (s *survivors) middling() bool {
	return s.cutting.lastOpen != nil && shortRow < len(s.row) && len(s.row) <= mostWeighed
}

// manyKept reports whether so many tokens are kept that it takes less time to draw from the
// whole row, in which all others are masked.
func (s *survivors) manyKept(k kept) bool {
	return s.middling() && s.cutting.count(s.row, k.low()) > shortRow
}

// drawFew draws by the powers of up to 64 tokens that are kept. ok is false for more, and where
// powers are out of reach.
func (s *survivors) drawFew(k kept, temperature, u float64) (token int, ok bool) {
	if !s.middling() || k.stop < len(s.row) || s.manyKept(k) || !s.scale(temperature) {
		return 0, false
	}
	if s.wholeBlocks() > 0 {
		if s.collect(k) {
			return int(s.places[s.locateIn(s.values, u)]), true
		}
		return 0, false
	}
	some, ties := s.search[:s.cutting.over(s.search, s.row, k.low())], k.ties
	some = slices.DeleteFunc(some, func(x float32) bool {
		if x == k.logit {
			ties--
		}
		return x == k.logit && ties < 0
	})
	i, equal := s.locateIn(some, u), 0
	for _, x := range some[:i+1] {
		if x == some[i] {
			equal++
		}
	}
	return s.endOf(some[i], equal) - 1, true
}

// locateIn returns the one of some logits whose interval of their distribution function holds
// u, by the scale that has been set.
func (s *survivors) locateIn(some []float32, u float64) int {
	w := s.spare[:roundedUp(len(some))]
	s.arithmetic.weigh(w[:len(some)], some, s.c, s.k)
	clear(w[len(some):])
	i, _ := s.locate(w, u)
	return i
}

// scale says how the powers of the row at a temperature are computed.
func (s *survivors) scale(temperature float64) (ok bool) {
	s.c, s.poweredAt = math.Log2E/temperature, 0
	s.k = s.offset(float64(s.largest) * s.c)
	return s.least <= s.c && s.c <= s.most && math.Abs(s.k) <= s.reach
}

// power computes the powers of all logits, unless they have been computed for the same
// temperature.
func (s *survivors) power(temperature float64) (ok bool) {
	if s.poweredAt == temperature {
		return true
	}
	if !s.scale(temperature) {
		return false
	}
	s.stored = grown(s.stored, len(s.row)+shortRow)
	s.all, ok = s.arithmetic.weigh(s.stored[:len(s.row)], s.row, s.c, s.k)
	if ok {
		s.poweredAt = temperature
	}
	return ok
}

// bound is a logit with what is above it.
type bound struct {
	logit float32
	mass  float64
	above int
}

// boundAt looks at all logits. It counts them where counts is true.
func (s *survivors) boundAt(logit float32, counts bool) bound {
	if counts {
		n := s.cutting.count(s.row, logit)
		return bound{logit, float64(n), n}
	}
	mass, n := s.cutting.massAbove(s.row, s.stored, logit)
	return bound{logit, mass, n}
}

// middleTopK is kth. ok is false where kth takes less time, because there are peaks enough.
func (s *survivors) middleTopK(k int) (last found, ok bool) {
	if equal := s.cutting.count(s.row, below32(s.largest)); equal >= k {
		return found{s.largest, 0, equal}, true
	}
	if len(s.row) >= 2*groupsOfBlock*k {
		return last, false
	}
	// Logits at regular distances say how far down to look.
	low := s.largest
	for i := range 8 {
		if x := s.row[i*len(s.row)/8]; x < low && !isMasked(x) {
			low = x
		}
	}
	at := s.boundAt(low, true)
	for tries := 0; at.above < k; tries++ {
		if tries == 6 || s.largest == low {
			return last, false
		}
		low -= s.largest - low
		at = s.boundAt(low, true)
	}
	return s.narrowDown(at, float64(k), true)
}

// middleTopP is topP by the powers of all logits. ok is false where it is in doubt.
func (s *survivors) middleTopP(left border, c reference.Convention, p, temperature float64) (found border, ok bool) {
	if left != noBorder && !c.OriginalMass && s.cutting.count(s.row, left.low()) <= shortRow {
		return s.topPOfFew(left, c, p, temperature)
	}
	if !s.power(temperature) {
		return found, false
	}
	total := s.all
	if left != noBorder && !c.OriginalMass {
		total = massOf(&s.cutting, s.row, s.stored, left)
	}
	limit := float64(p * total)
	light := (total - float64(limit*(1+doubt))) / float64(len(s.row))
	if !(light > 0) {
		return found, false
	}
	low := float32((elementary.Log2(light)+s.k)/s.c - float64(.01*temperature))
	last, ok := s.narrowDown(s.boundAt(low, false), limit, false)
	if !ok || last.equal == 1 || c.TiesAtP {
		return s.borderOf(last, last.equal), ok
	}
	each := elementary.PreciseExp2(exponent(last.logit, s.c, s.k))
	ties, ok := quota{p, total, c.AtMost}.surely(last.before, each, last.equal, 2e-6*limit)
	return s.borderOf(last, ties), ok
}

// topPOfFew is middleTopP where up to 64 tokens are left, and some that are equal to the last
// of them.
func (s *survivors) topPOfFew(left border, c reference.Convention, p, temperature float64) (found border, ok bool) {
	if !s.scale(temperature) {
		return found, false
	}
	some := s.search[:s.cutting.over(s.search, s.row, left.low())]
	w := s.spare[:shortRow]
	total, _ := s.arithmetic.weigh(w[:len(some)], some, s.c, s.k)
	if left.ties < len(s.row) {
		total = massOf(&s.cutting, some, w, left)
	}
	limit := float64(p * total)
	l := s.cutting.lastOpen(some, w, 0, float32(limit))
	if !l.sure(limit) || l.equal == 0 {
		return found, false
	}
	if l.equal == 1 || c.TiesAtP {
		return l.border(l.equal, len(s.row)), true
	}
	ties, ok := quota{p, total, c.AtMost}.surely(float64(l.before), float64(w[slices.Index(some, l.logit)]), l.equal, doubt*limit)
	return l.border(ties, len(s.row)), ok
}

// narrowDown looks for the last token with less than limit before it. It is above low.
func (s *survivors) narrowDown(low bound, limit float64, counts bool) (last found, ok bool) {
	const steps = 16
	high := bound{logit: s.largest}
	pivot := below32(s.largest)
	for step := 0; low.above-high.above > shortRow; step++ {
		at := s.boundAt(pivot, counts)
		if step == 0 && at.mass >= limit*(1+doubt) { // the largest is the last
			return found{s.largest, 0, at.above}, true
		}
		if at.mass >= limit {
			low = at
		} else {
			high = at
		}
		if pivot = between(low.logit, high.logit, false); pivot <= low.logit || step == steps {
			return last, false
		}
	}
	n := s.cutting.over(s.search, s.row, low.logit)
	n = s.cutting.upTo(s.search, s.search[:n], high.logit)
	if n == 0 {
		return last, false
	}
	some, w := s.search[:n], ones[:]
	error := 0.0
	if !counts {
		w = s.spare[:shortRow]
		s.arithmetic.weigh(w[:n], some, s.c, s.k)
		error = float64(2e-6*limit) + float64(4e-6*(low.mass-high.mass))
	}
	l := s.cutting.lastOpen(some, w, 0, float32(limit-high.mass))
	before, after := float64(l.before)+high.mass, min(float64(l.after)+high.mass, low.mass)
	if counts {
		return found{l.logit, before, l.equal}, true
	}
	return found{l.logit, before, l.equal}, before <= limit-error && after >= limit+error
}
