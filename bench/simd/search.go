package simd

import (
	"math"

	"temper/bench/elementary"
)

// A search looks for the last token that is kept: the smallest logit with an open quota for
// what is above it. What is above is counted for TopK and weighed for TopP. It goes on
// with one side of a pivot after the other, so that no logits are sorted.

// found is the last token that is kept: its logit, what is above it, and how many tokens
// of those that were searched are equal to it.
type found struct {
	logit  float32
	before float64
	equal  int
}

// measure says how much logits of a row count.
type measure struct {
	*survivors
	temperature float64 // 0 counts them
	c, k, unit  float64 // 2^(x·c − k) · unit is exp((x − largest) / T)
	slow        bool    // c or k is out of reach
}

func (s *survivors) counting() measure { return measure{survivors: s} }

func (s *survivors) weighing(temperature float64) measure {
	c := math.Log2E / temperature
	k := s.offset(float64(s.largest) * c)
	return measure{s, temperature, c, k, elementary.PreciseExp2(-exponent(s.largest, c, k)), !(s.least <= c && c <= s.most && math.Abs(k) <= s.reach)}
}

func (m measure) of(x []float32) (total float64) {
	switch {
	case m.temperature == 0:
		return float64(len(x))
	case !m.slow:
		total, _ = m.sum(x, m.c, m.k)
		return total * m.unit
	}
	for _, x := range x {
		total += m.weight(x, m.temperature)
	}
	return total
}

// kth returns the k-th largest logit of the row. What it collects on the way is collected
// for the cuts too, if it is little.
func (s *survivors) kth(k int) found {
	n, q := s.wholeBlocks()/groupsOfBlock, kthQuota(k)
	if n < 2*k {
		return s.descend(s.search, s.row, q, 0, s.counting())
	}
	low := s.kthOf(s.peaks[:n], s.peaks[n:], k).logit
	if isMasked(low) || !s.collect(kept{border: border{low, len(s.row)}, stop: len(s.row)}) {
		return s.kthAbove(s.row, s.peaks, low, k)
	}
	return s.descend(s.search, s.values, q, 0, s.counting())
}

func kthQuota(k int) quota { return quota{share: float64(k), total: 1} }

// kthOf returns the k-th largest of x. It asks for the k-th largest peak first, because no
// smaller logit can be the one: there are k peaks that are at least as large. The logits
// above that are less than sixteen for each peak above it. It writes the peaks, and those
// of peaks.
func (s *survivors) kthOf(x, peaks []float32, k int) found {
	whole := len(x) &^ (blockOfGroups - 1)
	n := whole / groupsOfBlock
	if n < 2*k {
		return s.descend(s.search, x, kthQuota(k), 0, s.counting())
	}
	s.cutting.peaks(peaks, x[:whole])
	return s.kthAbove(x, peaks, s.kthOf(peaks[:n], peaks[n:], k).logit, k)
}

// kthAbove is kthOf for a low that is not above what it looks for.
func (s *survivors) kthAbove(x, peaks []float32, low float32, k int) found {
	candidates := s.above(x, peaks, low)
	if len(candidates) < k {
		return found{low, float64(len(candidates)), len(x)}
	}
	return s.descend(candidates, candidates, kthQuota(k), 0, s.counting())
}

// above collects the elements of x above low, whose peaks are known.
func (s *survivors) above(x, peaks []float32, low float32) []float32 {
	whole := len(x) &^ (blockOfGroups - 1)
	n, _ := s.cutting.collect(s.search, s.placesOfSearch, x[:whole], peaks, low)
	for _, v := range x[whole:] {
		if v > low {
			s.search[n] = v
			n++
		}
	}
	return s.search[:n]
}

// searchCollected searches among the tokens that were collected and weighed.
func (s *survivors) searchCollected(q quota, temperature float64) found {
	if len(s.values) > 4*fewest {
		return s.descend(s.search, s.values, q, 0, s.weighing(temperature))
	}
	// All tokens that are lighter than this are together lighter than what is cut: none of them is
	// the last that is kept. The largest has the weight 1.
	n, light := 0, min(.5, (q.total-float64(q.share*q.total))*(1-doubt)/float64(len(s.row)))
	for i, x := range s.values {
		s.search[n], s.of[n] = x, s.weights[i]
		if s.weights[i] >= light {
			n++
		}
	}
	return few(s.search[:n], s.of[:n], q, 0)
}

// searchMany searches the border of TopP among many tokens. There is at least as much above
// a logit as there is in the peaks above it: where the peaks are enough, their border is
// not above that of the tokens, and often near it.
func (s *survivors) searchMany(left kept, q quota, by measure) found {
	heads := s.peaks[:s.wholeBlocks()/groupsOfBlock]
	if left.border != noBorder {
		heads = s.search[:s.cutting.over(s.search, heads, left.logit)]
	}
	if len(heads) > 0 {
		low := s.descend(s.search, heads, q, 0, by).logit
		if !isMasked(low) && s.collect(kept{border: border{low, len(s.row)}, stop: len(s.row)}) && !q.open(s.weigh(by.temperature)) {
			return s.searchCollected(q, by.temperature)
		}
		if low == s.largest {
			equal := s.count(kept{border: border{low, len(s.row)}, end: len(s.row), stop: len(s.row)})
			if !q.open(float64(equal)) {
				return found{low, 0, equal}
			}
		}
	}
	if left.border == noBorder {
		if rest, before := s.end(q, by); q.open(before) {
			return s.descend(rest, rest, q, max(0, before), by)
		}
	}
	all := s.search[:copy(s.search, s.masked(left))]
	return s.descend(all, all, q, 0, by)
}

// end guesses by a sample of a long row which of its tokens are near the border or cut. It
// returns those, and what is before them: more than the quota, where the guess is wrong.
func (s *survivors) end(q quota, by measure) (rest []float32, before float64) {
	const stretches, margin = 8, .03 // three times the error of a sample of so many tokens
	n := 0
	for i := range stretches {
		n += copy(s.search[n:], s.row[i*len(s.row)/stretches:][:min(blockOfGroups, len(s.row)/stretches)])
	}
	some := s.search[:n]
	guess := q
	guess.total, guess.share = by.of(some), q.share-margin
	if !guess.open(0) {
		return nil, q.total
	}
	pivot := s.descend(some, some, guess, 0, by).logit
	n = s.cutting.upTo(s.search, s.row, pivot)
	return s.search[:n], q.total - by.of(s.search[:n])
}
