package simd

import (
	"math"
	"slices"

	"temper/bench/elementary"
	"temper/reference"
)

// survivors is one row on its way through the cuts, with memory that later rows use again.
type survivors struct {
	*arithmetic[float32]
	row     []float32
	largest float32
	weighed float64 // the temperature at which all tokens have the weight total, or 0
	total   float64
	peaks   []float32 // of the whole blocks of the row, and behind them peaks of peaks

	// Of so many tokens no logit is above the bound, and none is NaN: see uncut.go. It has a
	// meaning for the next look only.
	bounded int
	bound   float32

	// The tokens within the border collected, in the order of the vocabulary.
	collected border
	values    []float32
	places    []int32
	weights   []float64
	weightsAt float64 // their temperature, or 0 where they are not computed

	// Rows of middle length: the powers 2^(x·c − k) of all tokens, and their sum.
	stored    []float32
	c, k, all float64
	poweredAt float64 // their temperature, or 0 where they are not computed

	search, spare  []float32 // for searches, and copies of the row
	placesOfSearch []int32
	of             []float64 // weights of those in search
}

// mostCollected is how many tokens are drawn from one by one, without the kernel.
const mostCollected = 2048

// lookLength is how many logits are looked at, and weighed, at a time: the first-level
// cache holds them.
const lookLength = 16 * blockOfGroups

// look reads a row for its peaks, and refuses a bad one. Where T is not 0 it also weighs
// all logits.
func (s *survivors) look(a *arithmetic[float32], row []float32, temperature float64) error {
	s.arithmetic, s.row, s.collected, s.weightsAt, s.poweredAt = a, row, noBorder, 0, 0
	s.peaks = grown(s.peaks, len(row)/8+groupsOfBlock)
	s.search, s.spare = grown(s.search, len(row)+room), grown(s.spare, len(row)+room)
	s.placesOfSearch = grown(s.placesOfSearch, len(row)+room)
	s.of = grown(s.of, 4*fewest)
	whole := s.wholeBlocks()
	peaks, rest := s.peaks[:whole/groupsOfBlock], row[whole:]
	known := min(s.bounded, whole) &^ (blockOfGroups - 1)
	s.weighed, s.bounded = 0, 0
	if temperature == 0 || !s.lookAndWeigh(temperature) {
		others := peaks[known/groupsOfBlock:]
		finite := a.cutting.peaks(others, row[known:whole])
		s.largest = max(a.maximum(others), a.maximum(rest))
		if known > 0 {
			fill(peaks[:known/groupsOfBlock], s.bound)
			if s.bound > s.largest {
				s.largest = max(s.largest, a.maximum(row[:known]))
			}
		}
		if _, good := a.count(rest); !finite || !good || isMasked(s.largest) {
			return reference.CheckRow(row)
		}
	}
	return nil
}

// fill copies ever longer parts, which takes less time than a loop.
func fill(x []float32, v float32) {
	x[0] = v
	for n := 1; n < len(x); n *= 2 {
		copy(x[n:], x[:n])
	}
}

// lookAndWeigh weighs the logits relative to the first of them, and again from the
// largest so far where the powers do not fit. ok is false where that is not enough to weigh
// a row, and for bad rows.
func (s *survivors) lookAndWeigh(temperature float64) (ok bool) {
	c := math.Log2E / temperature
	if !(s.least <= c && c <= s.most) {
		return false
	}
	s.largest = s.row[0]
	k := s.offset(float64(s.largest) * c)
	var total float64
	for from := 0; from < len(s.row); from += lookLength {
		part := s.row[from:min(from+lookLength, len(s.row))]
		whole := len(part) &^ (blockOfGroups - 1)
		peaks := s.peaks[from/groupsOfBlock:][:whole/groupsOfBlock]
		sum, fits := s.cutting.sumPeaks(peaks, part[:whole], c, k)
		s.largest = max(s.largest, s.maximum(peaks))
		if rest := part[whole:]; len(rest) > 0 {
			s.largest = max(s.largest, s.maximum(rest))
			more, good := s.sum(rest, c, k)
			sum, fits = sum+more, fits && good
		}
		if !fits {
			old := k
			k = s.offset(float64(s.largest) * c)
			total *= elementary.PreciseExp2(old - k)
			sum, fits = s.sum(part, c, k)
		}
		if total += sum; !fits || !(math.Abs(k) <= s.reach) {
			return false
		}
	}
	if s.total = total * elementary.PreciseExp2(-exponent(s.largest, c, k)); !(mass{sum: s.total}).valid() {
		return false
	}
	s.weighed = temperature
	return true
}

// wholeBlocks is how many logits of the row are in whole blocks.
func (s *survivors) wholeBlocks() int { return len(s.row) &^ (blockOfGroups - 1) }

// grown has at least n elements.
func grown[E any](x []E, n int) []E { return slices.Grow(x[:0], n)[:n] }

// exponent is (x − largest) / T.
func (s *survivors) exponent(x float32, temperature float64) float64 {
	return (float64(x) - float64(s.largest)) / temperature
}

// weight is exp of it.
func (s *survivors) weight(x float32, temperature float64) float64 {
	return elementary.Exp2(s.exponent(x, temperature) * math.Log2E)
}

// collect collects the tokens that are kept, unless they are more than mostCollected. Those
// of a narrower border than the last one's are among what is collected already.
func (s *survivors) collect(k kept) (few bool) {
	if s.collected == noBorder || s.collected.narrower(k.border) != k.border {
		s.collected, s.weightsAt = noBorder, 0
		if !s.collectAnew(k) {
			return false
		}
	}
	left, ties := 0, k.ties
	for i, x := range s.values {
		if x < k.logit {
			continue
		}
		if x == k.logit {
			if ties == 0 {
				continue
			}
			ties--
		}
		if int(s.places[i]) >= k.stop {
			break
		}
		s.values[left], s.places[left], s.weights[left] = x, s.places[i], s.weights[i]
		left++
	}
	s.values, s.places, s.weights = s.values[:left], s.places[:left], s.weights[:left]
	if left > mostCollected {
		return false
	}
	s.collected = k.border
	return true
}

// collectAnew collects the tokens that are kept, and some more that are equal to the border.
func (s *survivors) collectAnew(k kept) (all bool) {
	s.values, s.places = grown(s.values, mostCollected+2*room), grown(s.places, mostCollected+2*room)
	n, all := s.collectFrom(0, 0, len(s.row), k.low())
	if !all && 0 < k.ties && k.ties <= mostCollected {
		// Many tokens are equal to the border: look at none behind the last that is kept.
		k = s.settled(k)
		end := min((k.end+blockOfGroups-1)&^(blockOfGroups-1), len(s.row))
		if n, all = s.collectFrom(0, 0, end, k.low()); all {
			n, all = s.collectFrom(n, end, len(s.row), k.logit)
		}
	}
	s.values, s.places, s.weights = s.values[:n], s.places[:n], grown(s.weights, n)
	return all
}

// collectFrom appends the tokens of a part of the row that are above low to the n that
// have been collected. The part begins with a block.
func (s *survivors) collectFrom(n, from, to int, low float32) (m int, all bool) {
	whole := from + (to-from)&^(blockOfGroups-1)
	if n > mostCollected {
		return n, false
	}
	m, through := s.cutting.collect(s.values[n:mostCollected+room], s.places[n:], s.row[from:whole], s.peaks[from/groupsOfBlock:], low)
	if from > 0 {
		for i := range s.places[n : n+m] {
			s.places[n+i] += int32(from)
		}
	}
	n += m
	for v := whole; v < to; v++ {
		if s.row[v] > low {
			s.values[n], s.places[n] = s.row[v], int32(v)
			n++
		}
	}
	return n, from+through == whole
}

// weigh computes the weights of what is collected, and returns their sum.
func (s *survivors) weigh(temperature float64) (total float64) {
	if s.weightsAt != temperature {
		for i, x := range s.values {
			s.weights[i] = s.weight(x, temperature)
		}
		s.weightsAt = temperature
	}
	return weightOf(s.values, s.weights)
}

// draw returns the token of what is collected whose interval of the distribution function
// holds u.
func (s *survivors) draw(temperature, u float64) int {
	target, i := below(u, s.weigh(temperature)), 0
	for running := s.weights[0]; running <= target; running += s.weights[i] {
		i++
	}
	return int(s.places[i])
}

// drawMany is draw for tokens that are too many to collect: it works like the kernel's Sample,
// from chunks in which all others are masked. ok is false where the kernel has to do it.
func (s *survivors) drawMany(m *masses, k kept, temperature, u float64) (token int, ok bool) {
	c := math.Log2E / temperature
	offset := s.offset(float64(s.largest) * c)
	length := stride(len(s.row), chunkLength, mostChunks)
	if !(s.least <= c && c <= s.most && math.Abs(offset) <= s.reach && temperature <= math.MaxFloat64 && length <= len(m.room)) {
		return 0, false
	}
	k = s.settled(k)
	if s.middling() {
		s.maskPart(s.spare, k, 0, len(s.row))
		return s.drawFrom(&m.drawing, s.spare[:len(s.row)], u, c, offset)
	}
	chunk := func(i int) []float32 {
		from, to := i*length, min((i+1)*length, len(s.row))
		s.maskPart(m.room[:], k, from, to)
		return m.room[:to-from]
	}
	n := 0
	for ; n*length < len(s.row); n++ {
		switch from, to := n*length, min((n+1)*length, len(s.row)); {
		case from < k.stop && k.stop < to, from < k.end && k.end < to:
			m.parts[n], _ = s.sum(chunk(n), c, offset)
		case from >= k.stop:
			m.parts[n] = 0
		case from >= k.end:
			m.parts[n] = s.cutting.sumAbove(s.row[from:to], k.logit, c, offset)
		default:
			m.parts[n] = s.cutting.sumAbove(s.row[from:to], below32(k.logit), c, offset)
		}
	}
	i, u := choose(m.parts[:n], u)
	token, ok = s.drawFrom(&m.drawing, chunk(i), u, c, offset)
	return i*length + token, ok
}

// masked returns the row, or a copy in which only the tokens that are kept have logits.
func (s *survivors) masked(k kept) []float32 {
	if k.border == noBorder && k.stop == len(s.row) {
		return s.row
	}
	s.maskPart(s.spare, s.settled(k), 0, len(s.row))
	return s.spare[:len(s.row)]
}

// maskPart writes a part of the row, in which only the tokens that are kept have logits.
func (s *survivors) maskPart(dst []float32, k kept, from, to int) {
	end, stop := min(max(k.end, from), to), min(max(k.stop, from), to)
	s.cutting.mask(dst[:end-from], s.row[from:end], below32(k.logit))
	s.cutting.mask(dst[end-from:], s.row[end:to], k.logit)
	for i := stop; i < to; i++ {
		dst[i-from] = noBorder.logit
	}
}

// count returns how many tokens are kept, of what is settled.
func (s *survivors) count(k kept) int {
	before := min(k.end, k.stop)
	n := s.cutting.count(s.row[before:k.stop], k.logit)
	if before > 0 {
		n += s.cutting.count(s.row[:before], below32(k.logit))
	}
	return n
}

// keeps is has for what is not settled.
func (s *survivors) keeps(k kept, v int) bool {
	if s.row[v] == k.logit {
		k = s.settled(k)
	}
	return k.has(v, s.row[v])
}

// settled finds the end of the tokens equal to the border that are kept.
func (s *survivors) settled(k kept) kept {
	if k.end = 0; k.ties > 0 {
		k.end = s.endOf(k.logit, k.ties)
	}
	return k
}

// endOf returns the place behind the n-th token equal to x, or that behind the row where
// there are fewer.
func (s *survivors) endOf(x float32, n int) int {
	if n >= len(s.row) {
		return len(s.row)
	}
	for from := 0; from < len(s.row); from += scanLength {
		part := s.row[from:min(from+scanLength, len(s.row))]
		equal := s.equalTo(x, part)
		if equal < n {
			n -= equal
			continue
		}
		for len(part) > scannedSingly {
			half := len(part) / 2
			if equal = s.equalTo(x, part[:half]); equal < n {
				n -= equal
				from += half
				part = part[half:]
			} else {
				part = part[:half]
			}
		}
		for v, y := range part {
			if y == x {
				if n--; n == 0 {
					return from + v + 1
				}
			}
		}
	}
	return len(s.row)
}

// scannedSingly is how many logits are compared one by one.
const scannedSingly = 32

// equalTo returns how many logits of a part of the row are equal to x.
func (s *survivors) equalTo(x float32, part []float32) int {
	equal := s.cutting.count(part, below32(x))
	if x < s.largest {
		equal -= s.cutting.count(part, x)
	}
	return equal
}

// placeOf returns the place behind the n-th token that is kept.
func (s *survivors) placeOf(k kept, n int) int {
	for v, x := range s.row {
		if k.has(v, x) {
			if n--; n == 0 {
				return v + 1
			}
		}
	}
	return k.stop
}
