package simd

import (
	"math"

	"temper/reference"
)

// margin is how far, in units of the temperature, the largest logit of a row may be above that
// of its first chunk without a token of the chunk being cut, where a row is taken for uncut.
const margin = 1

// sampleUncut draws from a row whose only cut is a MinP that keeps all tokens. It needs to know
// the border only at the end, and so reads the row once, for the sums, the smallest logit
// and a bound of the largest. ok is false where a token may be cut. Where the first chunk
// looks like that, nothing else is read; where that shows later, the search of the border
// passes over what was read.
func (s *sampler) sampleUncut(m *masses, row []float32, how reference.Sampling, u float64) (token int, ok bool) {
	length := stride(len(row), chunkLength, mostChunks)
	if s.cutting.sumLeast == nil || len(row) <= mostWeighed || length > mostWeighed || !s.onlyMinP(how) {
		return 0, false
	}
	temperature := s.temperatureOfMinP(how.Temperature)
	least := logOf(how.MinP)
	first := row[:length]
	largest := s.maximum(first)
	guess := float32(float64(largest) + float64(margin*temperature)) // of the largest logit of the row
	c := math.Log2E / how.Temperature
	k := s.offset(float64(largest) * c)
	if !(s.least <= c && c <= s.most && math.Abs(k) <= s.reach/2) || s.cutting.count(first, minPBorder(guess, least, temperature).logit) < length {
		return 0, false
	}
	n, smallest, most := 0, largest, math.Inf(-1)
	for from := 0; from < len(row); from += length {
		total, low, top := s.cutting.sumLeast(row[from:min(from+length, len(row))], c, k)
		// The largest logit is at most this.
		bound := (max(most, top) + k) / c
		if top > headroom || (float64(min(smallest, low))-bound)/temperature < least || math.IsNaN(total) {
			m.survivors.bounded, m.survivors.bound = from, float32((most+k)/c)
			return 0, false
		}
		m.parts[n] = total
		smallest, most = min(smallest, low), max(most, top)
		n++
	}
	i, u := choose(m.parts[:n], u)
	token, ok = s.drawFrom(&m.drawing, row[i*length:min((i+1)*length, len(row))], u, c, k)
	return i*length + token, ok
}

// onlyMinP reports whether the settings are good and cut by MinP alone.
func (s *sampler) onlyMinP(how reference.Sampling) bool {
	return how.MinP > 0 && how.TopK == 0 && (how.TopP == 0 || how.TopP == 1) && s.convention.Check(how) == nil && !s.greedy(how)
}

// temperatureOfMinP is that of the powers which MinP compares.
func (s *sampler) temperatureOfMinP(temperature float64) float64 {
	for _, step := range s.convention.Order {
		switch step {
		case reference.Temper:
			return temperature
		case reference.MinP:
			return 1
		}
	}
	return 1
}
