package sampler

import (
	"cmp"
	"fmt"
	"slices"
)

// SampleCut is Sample from the k most likely tokens (0: from all), and of these from the
// first whose probabilities reach p (0 or 1: from all).
func SampleCut(logits []float32, temperature float64, k int, p, u float64) (int, error) {
	probs, err := Softmax(logits, temperature)
	if err != nil || k < 0 || !(p >= 0 && p <= 1) || !(u >= 0 && u < 1) {
		return 0, fmt.Errorf("k = %d, p = %v, u = %v: %w", k, p, u, cmp.Or(err, ErrInput))
	}
	order, kept := make([]int, len(probs)), 0.0
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(probs[b], probs[a]) })
	for i, token := range order {
		if k > 0 && i >= k || p > 0 && p < 1 && kept >= p {
			probs[token] = 0
		}
		kept += probs[token]
	}
	return pick(probs, u*kept), nil
}
