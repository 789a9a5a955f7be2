package reference

import (
	"cmp"
	"math"
	"slices"
)

// ranked is a good row with its tokens sorted by logit, the lowest index first among
// equals. Every cut keeps a prefix of it. Masked tokens are left out.
type ranked struct {
	tokens []int
	logits []float64 // of the tokens; all 0 after a temperature of +Inf, where all are equal
	x      []float64 // log-weights: logit − max, and (logit − max) / T after Temper
	kept   int       // the first so many tokens are kept
}

func rank(row []float32) *ranked {
	max, _ := largest(row)
	r := &ranked{}
	for v, logit := range row {
		if !math.IsInf(float64(logit), -1) {
			r.tokens = append(r.tokens, v)
		}
	}
	slices.SortStableFunc(r.tokens, func(a, b int) int { return cmp.Compare(row[b], row[a]) })
	for _, v := range r.tokens {
		r.logits = append(r.logits, float64(row[v]))
		r.x = append(r.x, float64(row[v])-max)
	}
	r.kept = len(r.tokens)
	return r
}

// step applies one step. slack moves the borders of TopP and MinP, in nats: below 0
// fewer tokens are kept, above 0 more. At 0 they are exact.
func (r *ranked) step(step Step, c Convention, how Sampling, slack float64) {
	switch {
	case step == Temper:
		r.temper(how.Temperature)
	case step == TopK && how.TopK > 0:
		r.topK(how.TopK, c.TiesAtK)
	case step == TopP && how.TopP > 0 && how.TopP < 1:
		border := how.TopP + math.Copysign(math.Expm1(math.Abs(slack)), slack)
		r.topP(border, slack > 0 || slack == 0 && c.AtMost, c)
	case step == MinP && how.MinP > 0:
		r.minP(how.MinP, slack)
	}
}

// temper divides by T. At T = +Inf all tokens are equal, and are sorted by index.
func (r *ranked) temper(temperature float64) {
	if math.IsInf(temperature, 1) {
		slices.Sort(r.tokens[:r.kept])
		clear(r.logits)
	}
	for i, x := range r.x {
		r.x[i] = exponent(x, 0, temperature)
	}
}

// topK keeps the first k tokens, and with ties all that are equal to the last of them.
func (r *ranked) topK(k int, ties bool) {
	if k >= r.kept {
		return
	}
	last := r.logits[k-1]
	for ties && k < r.kept && r.logits[k] == last {
		k++
	}
	r.kept = k
}

// topP keeps the tokens with M < P, or M ≤ P if atMost: M(v) is the mass before v, or
// before all tokens equal to v.
func (r *ranked) topP(p float64, atMost bool, c Convention) {
	base := r.kept
	if c.OriginalMass {
		base = len(r.tokens)
	}
	var total, before Sum
	for _, x := range r.x[:base] {
		total.Add(math.Exp(x))
	}
	i := 0
	for i < r.kept {
		mass := before.Value() / total.Value()
		if i > 0 && !(mass < p || atMost && mass == p) {
			break
		}
		first := r.logits[i]
		for more := true; more; more = c.TiesAtP && i < r.kept && r.logits[i] == first {
			before.Add(math.Exp(r.x[i]))
			i++
		}
	}
	r.kept = i
}

// minP keeps the tokens with p ≥ m · max p, that is x ≥ log m. Those equal to the most
// probable one are kept for any m.
func (r *ranked) minP(m, slack float64) {
	fraction, exponent := math.Frexp(m) // apart, as math.Log is wrong for subnormal numbers on amd64
	// The product is rounded, not fused, so that the same tokens are kept on every machine.
	least := math.Log(fraction) + float64(float64(exponent)*math.Ln2) - slack
	n := 1
	for n < r.kept && (r.x[n] >= least || r.logits[n] == r.logits[0]) {
		n++
	}
	r.kept = n
}

// logProbs returns log p of the tokens of a vocabulary: of what is kept, renormalised,
// and −Inf for what is not.
func (r *ranked) logProbs(vocab int) []float64 {
	logp := make([]float64, vocab)
	for v := range logp {
		logp[v] = math.Inf(-1)
	}
	var total Sum
	for _, x := range r.x[:r.kept] {
		total.Add(math.Exp(x - r.x[0]))
	}
	for i, v := range r.tokens[:r.kept] {
		logp[v] = r.x[i] - r.x[0] - math.Log(total.Value())
	}
	return logp
}

// mark returns which tokens of a vocabulary are kept.
func (r *ranked) mark(vocab int) []bool {
	kept := make([]bool, vocab)
	for _, v := range r.tokens[:r.kept] {
		kept[v] = true
	}
	return kept
}
