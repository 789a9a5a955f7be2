// Package sampler is a small sampler as one meets it in programs that run
// language models: it knows nothing of temper. Its tests show how such code is
// held to the laws.
package sampler

import (
	"errors"
	"fmt"
	"math"
)

// ErrInput says that there is no distribution to sample from.
var ErrInput = errors.New("no distribution")

// Softmax is the distribution of the next token at a temperature above 0, or the
// most likely token for certain at 0.
func Softmax(logits []float32, temperature float64) ([]float64, error) {
	if !(temperature >= 0) {
		return nil, fmt.Errorf("temperature %v: %w", temperature, ErrInput)
	}
	best := -1
	for i, x := range logits {
		if x != x || math.IsInf(float64(x), 1) {
			return nil, fmt.Errorf("logit %d is %v: %w", i, x, ErrInput)
		}
		if !math.IsInf(float64(x), -1) && (best < 0 || x > logits[best]) {
			best = i
		}
	}
	if best < 0 {
		return nil, fmt.Errorf("nothing to choose from: %w", ErrInput)
	}
	probs := make([]float64, len(logits))
	if temperature == 0 {
		probs[best] = 1
		return probs, nil
	}
	sum := 0.0
	for i, x := range logits {
		if !math.IsInf(float64(x), -1) {
			probs[i] = math.Exp((float64(x) - float64(logits[best])) / temperature)
			sum += probs[i]
		}
	}
	for i := range probs {
		probs[i] /= sum
	}
	return probs, nil
}

// Sample is the token that u in [0, 1) gives: the first whose cumulative
// probability is above u.
func Sample(logits []float32, temperature, u float64) (int, error) {
	if !(u >= 0 && u < 1) {
		return 0, fmt.Errorf("u = %v: %w", u, ErrInput)
	}
	probs, err := Softmax(logits, temperature)
	if err != nil {
		return 0, err
	}
	return pick(probs, u), nil
}

// pick is the first token whose cumulative probability is above u.
func pick(probs []float64, u float64) int {
	last, cumulative := 0, 0.0
	for i, p := range probs {
		if p == 0 {
			continue
		}
		last = i
		if cumulative += p; u < cumulative {
			break
		}
	}
	return last
}
