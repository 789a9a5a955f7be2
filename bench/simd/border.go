package simd

import (
	"math"

	"temper/bench/elementary"
	"temper/reference"
)

// border separates the tokens that are kept from those that are cut: all logits above that
// of the border are kept, and the first of those equal to it, as many as there are ties. Of
// several cuts only the border counts that keeps the fewest.
type border struct {
	logit float32
	ties  int
}

func (b border) narrower(other border) border {
	if other.logit > b.logit || other.logit == b.logit && other.ties < b.ties {
		return other
	}
	return b
}

// low is a number below all logits that the border may keep, and not below others.
func (b border) low() float32 {
	if b.ties == 0 {
		return b.logit
	}
	return below32(b.logit)
}

// below32 is the next number below x.
func below32(x float32) float32 { return math.Nextafter32(x, float32(math.Inf(-1))) }

// noBorder keeps all tokens that are not masked.
var noBorder = border{logit: float32(math.Inf(-1))}

// kept is what is left of a row: the tokens of a border that come before stop. At T = +Inf
// all tokens are alike, so that the cuts after it leave the first ones.
type kept struct {
	border
	stop int
	end  int // behind the last token equal to the border that is kept, where settled
}

// has reports whether a token is kept, of what is settled.
func (k kept) has(v int, x float32) bool {
	return v < k.stop && (x > k.logit || x == k.logit && v < k.end)
}

// quota says how much of a total may be before a token that is kept: a share of it. TopK has
// a total of 1 and a share of k tokens.
type quota struct {
	share, total float64
	atMost       bool
}

// open reports whether a token with so much before it is kept.
func (q quota) open(before float64) bool {
	part := before / q.total
	return part < q.share || q.atMost && part == q.share
}

// taken returns how many of some equal tokens are kept, at least one. Each has the weight
// w, and those before them have the weight before.
func (q quota) taken(before, w float64, most int) int {
	n := 1
	if room := (float64(q.share*q.total) - before) / w; room > 1 { // an infinite room too
		n = int(min(room, float64(most)))
	}
	for n < most && q.open(before+float64(float64(n)*w)) {
		n++
	}
	for n > 1 && !q.open(before+float64(float64(n-1)*w)) {
		n--
	}
	return n
}

// surely is taken, and whether it would be the same if sums were off by error.
func (q quota) surely(before, w float64, most int, error float64) (n int, ok bool) {
	n = q.taken(before, w, most)
	limit := float64(q.share * q.total)
	return n, before+float64(float64(n-1)*w) <= limit-error && (n == most || before+float64(float64(n)*w) >= limit+error)
}

// cut applies the steps of the convention to a row.
func (s *sampler) cut(m *masses, row []float32, how reference.Sampling) (left kept, err error) {
	if err := s.convention.Check(how); err != nil {
		return left, logitsFirst(err, row)
	}
	if s.greedy(how) {
		token, err := s.argmax(m, row)
		if err != nil {
			return left, err
		}
		return kept{border{row[token], 1}, len(row), token + 1}, nil
	}
	of := &m.survivors
	weigh := 0.0
	if len(row) > mostCollected && s.cutting.lastOpen == nil || len(row) > mostWeighed {
		weigh = s.weighsAll(how)
	}
	if err := of.look(s.arithmetic, row, weigh); err != nil {
		return left, err
	}
	left = kept{border: noBorder, stop: len(row)}
	temperature := 1.0
	for i, step := range s.convention.Order {
		switch {
		case step == reference.Temper && math.IsInf(how.Temperature, 1):
			return of.uniform(left, s.convention, s.convention.Order[i+1:], how), nil
		case step == reference.Temper:
			temperature = how.Temperature
		case step == reference.TopK && how.TopK > 0:
			left.border = left.narrower(of.topK(how.TopK, s.convention.TiesAtK))
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1:
			left.border = left.narrower(of.topP(left, s.convention, how.TopP, temperature))
		case step == reference.MinP && how.MinP > 0:
			left.border = left.narrower(of.minP(how.MinP, temperature))
		}
	}
	return left, nil
}

// weighsAll returns the temperature of a TopP that needs the weights of all tokens, and 0
// where there is none.
func (s *sampler) weighsAll(how reference.Sampling) float64 {
	temperature := 1.0
	for _, step := range s.convention.Order {
		switch {
		case step == reference.Temper:
			temperature = how.Temperature
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1:
			if math.IsInf(temperature, 1) {
				return 0
			}
			return temperature
		case !s.convention.OriginalMass && (step == reference.TopK && how.TopK > 0 || step == reference.MinP && how.MinP > 0):
			return 0
		}
	}
	return 0
}

func (s *survivors) topK(k int, ties bool) border {
	if k >= len(s.row) {
		return noBorder
	}
	last, ok := found{}, false
	if s.middling() {
		last, ok = s.middleTopK(k)
	}
	if !ok {
		last = s.kth(k)
	}
	switch {
	case isMasked(last.logit):
		return noBorder
	case ties:
		return s.borderOf(last, last.equal)
	}
	return s.borderOf(last, k-int(last.before))
}

// borderOf keeps so many of the tokens that are equal to the last one, or all of them.
func (s *survivors) borderOf(last found, ties int) border {
	if ties >= last.equal {
		ties = len(s.row)
	}
	return border{last.logit, ties}
}

func (s *survivors) minP(m, temperature float64) border {
	return minPBorder(s.largest, logOf(m), temperature)
}

// logOf is the logarithm of fraction and exponent apart, as Log takes normal numbers.
func logOf(m float64) float64 {
	fraction, exponent := math.Frexp(m)
	return elementary.Log(fraction) + float64(float64(exponent)*math.Ln2)
}

// minPBorder searches the largest logit that is cut, by the formula of the reference, near
// the rounded border.
func minPBorder(largest float32, least, temperature float64) border {
	cut := func(bits int64) bool {
		return (float64(unordered(bits))-float64(largest))/temperature < least
	}
	low, high := ordered(noBorder.logit), ordered(largest)
	guess := min(max(ordered(float32(float64(largest)+float64(temperature*least))), low), high)
	for _, near := range [...]int64{1, 1 << 10} {
		if at := guess - near; low < at && at < high {
			if !cut(at) {
				high = at
				continue
			}
			low = at
		}
		if at := guess + near; low < at && at < high {
			if cut(at) {
				low = at
				continue
			}
			high = at
		}
		break
	}
	for high-low > 1 {
		if middle := low + (high-low)/2; cut(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return border{logit: unordered(low)}
}

// topP searches among the tokens that earlier cuts have kept.
func (s *survivors) topP(left kept, c reference.Convention, p, temperature float64) border {
	if s.middling() {
		if found, ok := s.middleTopP(left.border, c, p, temperature); ok {
			return found
		}
	}
	few := (left.border != noBorder || len(s.row) <= mostCollected) && s.collect(left)
	q := quota{p, 0, c.AtMost}
	if few {
		q.total = s.weigh(temperature)
	}
	original := c.OriginalMass && left.border != noBorder
	switch weighed := s.weighed == temperature; {
	case few && !original:
	case weighed && (original || left.border == noBorder):
		q.total = s.total
	case original:
		q.total = s.weighing(temperature).of(s.row)
	default:
		q.total = s.weighing(temperature).of(s.masked(left))
	}
	var last found
	if few {
		last = s.searchCollected(q, temperature)
	} else {
		last = s.searchMany(left, q, s.weighing(temperature))
	}
	if c.TiesAtP {
		return s.borderOf(last, last.equal)
	}
	return s.borderOf(last, q.taken(last.before, s.weight(last.logit, temperature), last.equal))
}

// uniform applies the steps after T = +Inf to what earlier cuts have left. All tokens are
// alike there, and those of lowest index come first.
func (s *survivors) uniform(left kept, c reference.Convention, steps []reference.Step, how reference.Sampling) kept {
	left = s.settled(left)
	tokens := s.count(left)
	n := tokens
	for _, step := range steps {
		switch {
		case step == reference.TopK && how.TopK > 0 && !c.TiesAtK:
			n = min(n, how.TopK)
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1 && !c.TiesAtP:
			base := n
			if c.OriginalMass {
				base = s.count(kept{border: noBorder, stop: len(s.row)})
			}
			n = quota{how.TopP, float64(base), c.AtMost}.taken(0, 1, n)
		}
	}
	if n < tokens {
		left.stop = s.placeOf(left, n)
	}
	return left
}
