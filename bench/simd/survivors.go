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
	peaks   []float32 // of the whole blocks of the row, and behind them peaks of peaks

	// The tokens that were collected, in the order of the vocabulary.
	values  []float32
	places  []int32
	weights []float64

	search, spare  []float32 // for searches, and copies of the row
	placesOfSearch []int32
	of             []float64 // weights of those in search
}

// mostCollected is how many tokens are drawn from one by one. Of more, the kernel draws.
const mostCollected = 2048

// look reads a row for its peaks, and refuses a bad one.
func (s *survivors) look(a *arithmetic[float32], row []float32) error {
	s.arithmetic, s.row = a, row
	whole := len(row) &^ (blockOfGroups - 1)
	s.peaks = grown(s.peaks, len(row)/8+groupsOfBlock)
	finite := a.cutting.peaks(s.peaks, row[:whole])
	_, good := a.count(row[whole:])
	s.largest = max(a.maximum(s.peaks[:whole/groupsOfBlock]), a.maximum(row[whole:]))
	if !finite || !good || isMasked(s.largest) {
		if err := reference.CheckRow(row); err != nil {
			return err
		}
	}
	s.search, s.spare = grown(s.search, len(row)+room), grown(s.spare, len(row)+room)
	s.placesOfSearch = grown(s.placesOfSearch, len(row)+room)
	s.weights, s.of = grown(s.weights, mostCollected), grown(s.of, mostCollected)
	return nil
}

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

// collect collects the tokens that are kept, unless they are more than mostCollected.
func (s *survivors) collect(k kept) (few bool) {
	low := k.logit
	if k.end > 0 {
		low = below32(low)
	}
	whole := len(s.row) &^ (blockOfGroups - 1)
	values, places := grown(s.values, mostCollected+2*room), grown(s.places, mostCollected+2*room)
	n, through := s.cutting.collect(values[:mostCollected+room], places, s.row[:whole], s.peaks, low)
	if through < whole {
		return false
	}
	for v := whole; v < len(s.row); v++ {
		if s.row[v] > low {
			values[n], places[n] = s.row[v], int32(v)
			n++
		}
	}
	left := 0
	for i, x := range values[:n] {
		values[left], places[left] = x, places[i]
		if k.has(int(places[i]), x) {
			left++
		}
	}
	s.values, s.places = values[:left], places[:left]
	return left <= mostCollected
}

// below32 is the next number below x.
func below32(x float32) float32 { return math.Nextafter32(x, float32(math.Inf(-1))) }

// weigh computes the weights of what is collected, and returns their sum.
func (s *survivors) weigh(temperature float64) (total float64) {
	s.weights = s.weights[:len(s.values)]
	for i, x := range s.values {
		w := s.weight(x, temperature)
		s.weights[i] = w
		total += w
	}
	return total
}

// draw returns the token of what is collected whose interval of the distribution function
// holds u.
func (s *survivors) draw(temperature, u float64) int {
	target, running := below(u, s.weigh(temperature)), 0.0
	for i, w := range s.weights {
		if running += w; target < running {
			return int(s.places[i])
		}
	}
	return int(s.places[slices.Index(s.values, s.largest)])
}

// masked returns a copy of the row in which only the tokens that are kept have logits.
func (s *survivors) masked(k kept) []float32 {
	dst := s.spare[:len(s.row)]
	s.cutting.mask(dst[:k.end], s.row[:k.end], below32(k.logit))
	s.cutting.mask(dst[k.end:], s.row[k.end:], k.logit)
	masked := dst[k.stop:]
	for i := range masked {
		masked[i] = noBorder.logit
	}
	return dst
}

// count returns how many tokens are kept.
func (s *survivors) count(k kept) int {
	before := min(k.end, k.stop)
	n := s.cutting.count(s.row[before:k.stop], k.logit)
	if before > 0 {
		n += s.cutting.count(s.row[:before], below32(k.logit))
	}
	return n
}

// endOf returns the place behind the n-th token equal to x, or that behind the row where
// there are fewer.
func (s *survivors) endOf(x float32, n int) int {
	for from := 0; from < len(s.row); from += scanLength {
		part := s.row[from:min(from+scanLength, len(s.row))]
		equal := s.cutting.count(part, below32(x)) - s.cutting.count(part, x)
		if equal < n {
			n -= equal
			continue
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

// mass returns the sum of the weights of logits of this row.
func (s *survivors) mass(x []float32, temperature float64) (total float64) {
	c := math.Log2E / temperature
	k := s.offset(float64(s.largest) * c)
	if s.least <= c && c <= s.most && math.Abs(k) <= s.reach {
		total, _ = s.sum(x, c, k)
		return total * math.Exp2(-exponent(s.largest, c, k))
	}
	for _, x := range x {
		total += s.weight(x, temperature)
	}
	return total
}
