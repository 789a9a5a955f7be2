package reference

import (
	"math"
	"math/rand/v2"
)

// largest returns the largest logit of a good row and its lowest index.
func largest[F float32 | float64](logits []F) (max float64, argmax int) {
	max = math.Inf(-1)
	for i, x := range logits {
		if float64(x) > max {
			max, argmax = float64(x), i
		}
	}
	return max, argmax
}

// exponent returns (logit − max) / T, at most 0, for T > 0. It is −Inf for a masked
// token. At T = +Inf it is 0 for all other tokens: the division would return NaN
// where the difference overflows.
func exponent(logit, max, temperature float64) float64 {
	switch {
	case math.IsInf(logit, -1):
		return logit
	case math.IsInf(temperature, 1):
		return 0
	}
	return (logit - max) / temperature
}

// weight returns exp((logit − max) / T), at most 1, and 0 for a masked token.
func weight(logit, max, temperature float64) float64 {
	return math.Exp(exponent(logit, max, temperature))
}

// partition returns Σ_v exp((logit_v − max) / T), between 1 and the vocabulary size.
func partition[F float32 | float64](logits []F, max, temperature float64) float64 {
	var total Sum
	for _, x := range logits {
		total.Add(weight(float64(x), max, temperature))
	}
	return total.Value()
}

// logSumExp returns log Σ_v exp(logit_v / T), computed as max/T + log Σ_v
// exp((logit_v − max) / T): no exponent is above 0, so nothing overflows. As an
// example, exp(1000) is infinite, but two logits of 1000 have 1000 + log 2. If all
// logits are −Inf, the result is −Inf.
func logSumExp[F float32 | float64](logits []F, temperature float64) float64 {
	max, _ := largest(logits)
	if math.IsInf(max, -1) {
		return max
	}
	return max/temperature + math.Log(partition(logits, max, temperature))
}

// logProb returns log p_T(token) for a good row and any T in [0, +Inf].
func logProb[F float32 | float64](logits []F, token int, temperature float64) float64 {
	max, argmax := largest(logits)
	switch {
	case temperature == 0 && token == argmax:
		return 0
	case temperature == 0:
		return math.Inf(-1)
	}
	return exponent(float64(logits[token]), max, temperature) - math.Log(partition(logits, max, temperature))
}

// softmax fills dst with p_T of a good row for any T in [0, +Inf]; dst may be
// the row itself.
func softmax[F float32 | float64](dst, logits []F, temperature float64) {
	max, argmax := largest(logits)
	if temperature == 0 {
		clear(dst)
		dst[argmax] = 1
		return
	}
	total := partition(logits, max, temperature)
	for i, x := range logits {
		dst[i] = F(weight(float64(x), max, temperature) / total)
	}
}

// invert returns the token i of a good row with F(i−1) ≤ u < F(i), where F is the
// distribution function of p_T in vocabulary order. It skips tokens of weight 0: u = 0
// must not choose one, nor must a u near 1 when rounding leaves the last sum at or
// below u·total.
func invert[F float32 | float64](logits []F, u, temperature float64) int {
	max, argmax := largest(logits)
	if temperature == 0 {
		return argmax
	}
	target := u * partition(logits, max, temperature)
	var running Sum
	last := argmax
	for i, x := range logits {
		w := weight(float64(x), max, temperature)
		if w == 0 {
			continue
		}
		last = i
		if running.Add(w); target < running.Value() {
			break
		}
	}
	return last
}

// draw returns a token drawn from p_T of a good row with one word of src. At T = 0
// nothing is drawn, and src may be nil.
func draw[F float32 | float64](logits []F, src rand.Source, temperature float64) int {
	if temperature == 0 {
		_, argmax := largest(logits)
		return argmax
	}
	return invert(logits, Uniform(src), temperature)
}

// Uniform returns ⌊word / 2¹¹⌋ / 2⁵³ for one word of src: a multiple of 2⁻⁵³ in
// [0, 1), each equally likely. With only 24 bits, some tokens of a probability below
// 2⁻²⁴ could never be drawn. It panics if src is nil.
func Uniform(src rand.Source) float64 {
	return float64(src.Uint64()>>11) * 0x1p-53
}
