package reference

import (
	"math"
	"math/rand/v2"
)

// largest is the largest logit of a good row and its lowest index.
func largest[F float32 | float64](logits []F) (max float64, argmax int) {
	max = math.Inf(-1)
	for i, x := range logits {
		if float64(x) > max {
			max, argmax = float64(x), i
		}
	}
	return max, argmax
}

// exponent is (logit − max) / T, at most 0: −Inf for a masked token and 0 for any
// other at T = +Inf, where infinite differences would make it NaN. T = 0 has none.
func exponent(logit, max, temperature float64) float64 {
	switch {
	case math.IsInf(logit, -1):
		return logit
	case math.IsInf(temperature, 1):
		return 0
	}
	return (logit - max) / temperature
}

// weight is exp((logit − max) / T), at most 1, and 0 for a masked token.
func weight(logit, max, temperature float64) float64 {
	return math.Exp(exponent(logit, max, temperature))
}

// partition is Σ_v exp((logit_v − max) / T), between 1 and the vocabulary size.
func partition[F float32 | float64](logits []F, max, temperature float64) float64 {
	var total Sum
	for _, x := range logits {
		total.Add(weight(float64(x), max, temperature))
	}
	return total.Value()
}

// logSumExp is max/T + log Σ_v exp((logit_v − max) / T) of a good row. Taking
// the maximum out is exact and keeps every exponent at or below 0. A row with
// nothing above −Inf has −Inf.
func logSumExp[F float32 | float64](logits []F, temperature float64) float64 {
	max, _ := largest(logits)
	if math.IsInf(max, -1) {
		return max
	}
	return max/temperature + math.Log(partition(logits, max, temperature))
}

// logProb is log p_T(token) for a good row and any T in [0, +Inf].
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

// invert is the token i of a good row with F(i−1) ≤ u < F(i), F the distribution
// function of p_T in vocabulary order. Tokens of weight 0 are passed over, so
// that neither u = 0 nor a sum that rounds below u·total can choose one.
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

// draw is a token drawn from p_T of a good row with one word of src; at T = 0
// there is nothing to draw, and src may be nil.
func draw[F float32 | float64](logits []F, src rand.Source, temperature float64) int {
	if temperature == 0 {
		_, argmax := largest(logits)
		return argmax
	}
	return invert(logits, Uniform(src), temperature)
}

// Uniform turns one word of src into a number in [0, 1), a multiple of 2⁻⁵³. A multiple
// of 2⁻²⁴, as float32 has, would never draw some tokens with a probability below 2⁻²⁴.
// Uniform panics if src is nil, because it returns no error.
func Uniform(src rand.Source) float64 {
	return float64(src.Uint64()>>11) * 0x1p-53
}
