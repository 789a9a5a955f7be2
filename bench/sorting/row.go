package sorting

import (
	"math"
	"slices"

	"temper/reference"
)

// candidate is a token that is left.
type candidate struct {
	token  int32
	logit  float32
	weight float32 // exp((logit − largest) / T), where a step needed it
}

// row is one row on its way through the steps.
type row struct {
	style
	tokens      []candidate // those that are left
	sorted      int         // so many are first, from the largest logit on; the rest is in no order
	heaped      bool        // the rest is a heap
	largest     float64     // logit
	temperature float64     // 1 before the step Temper
	room        []candidate // for buckets
}

// style is a way to sort.
type style struct {
	sort func(r *row, n int)  // makes sorted at least n: more than it is, and at most len(tokens)
	next func(r *row) (n int) // the n that top-p sorts for when it needs more than are sorted
}

// cut applies the steps to a row, with good settings, and refuses a bad row.
func (r *row) cut(logits []float32, order []reference.Step, how reference.Sampling) error {
	if err := r.collect(logits); err != nil {
		return err
	}
	r.sorted, r.heaped, r.temperature = 0, false, 1
	if how.Temperature == 0 {
		r.topK(1)
		return nil
	}
	for _, step := range order {
		switch {
		case step == reference.Temper:
			r.temperature = how.Temperature
		case step == reference.TopK && how.TopK > 0:
			r.topK(how.TopK)
		case step == reference.TopP && how.TopP > 0 && how.TopP < 1:
			r.topP(how.TopP)
		case step == reference.MinP && how.MinP > 0:
			r.minP(how.MinP)
		}
	}
	return nil
}

// collect makes candidates of the tokens that are not masked, and refuses a bad row.
func (r *row) collect(logits []float32) error {
	masked := float32(math.Inf(-1))
	largest := masked
	r.tokens = slices.Grow(r.tokens[:0], len(logits))[:len(logits)]
	n := 0
	for v, x := range logits {
		if x == masked {
			continue
		}
		if !(x <= math.MaxFloat32) {
			return reference.CheckRow(logits)
		}
		r.tokens[n] = candidate{token: int32(v), logit: x}
		n++
		if x > largest {
			largest = x
		}
	}
	r.tokens, r.largest = r.tokens[:n], float64(largest)
	if n == 0 {
		return reference.CheckRow(logits)
	}
	return nil
}

func (r *row) topK(k int) {
	if k >= len(r.tokens) {
		return
	}
	if k > r.sorted {
		r.sort(r, k)
	}
	r.keep(k)
}

// topP sorts no more tokens than it needs, in the portions of the style.
func (r *row) topP(p float64) {
	total, before := r.weigh(), 0.0
	for i := range r.tokens {
		if i > 0 && before >= p*total {
			r.keep(i)
			return
		}
		if i == r.sorted {
			r.sort(r, min(r.next(r), len(r.tokens)))
		}
		before += float64(r.tokens[i].weight)
	}
}

// minP needs no order and leaves that of the tokens as it is.
func (r *row) minP(m float64) {
	// NaN at T = +Inf and m = 1, where all are equal. The product is rounded, so that the
	// same tokens are kept on every machine.
	least := r.largest + float64(r.temperature*math.Log(m))
	kept, sorted := 0, 0
	for i, c := range r.tokens {
		if float64(c.logit) < least {
			continue
		}
		if i < r.sorted {
			sorted++
		}
		r.tokens[kept] = c
		kept++
	}
	r.tokens, r.sorted, r.heaped = r.tokens[:kept], sorted, false
}

// keep leaves the first n tokens, which are sorted.
func (r *row) keep(n int) { r.tokens, r.sorted = r.tokens[:n], n }

// exponent is the logarithm of the weight.
func (r *row) exponent(c candidate) float64 {
	return (float64(c.logit) - r.largest) / r.temperature
}

// weigh computes the weights of the tokens that are left, and returns their sum.
func (r *row) weigh() (total float64) {
	for i := range r.tokens {
		c := &r.tokens[i]
		c.weight = float32(math.Exp(r.exponent(*c)))
		total += float64(c.weight)
	}
	return total
}

// draw returns the token at the share u of the mass, in the order of the tokens.
func (r *row) draw(u float64) int {
	left := u * r.weigh()
	for _, c := range r.tokens {
		if left -= float64(c.weight); left < 0 {
			return int(c.token)
		}
	}
	return int(r.tokens[0].token)
}

// logProb is −Inf for a token that is cut.
func (r *row) logProb(token int) float64 {
	total := r.weigh()
	for _, c := range r.tokens {
		if int(c.token) == token {
			return r.exponent(c) - math.Log(total)
		}
	}
	return math.Inf(-1)
}
