package simd

import (
	"slices"
	"testing"
)

// misleading returns logits of which the seven that pivotOf looks at are the largest, turn
// after turn.
func misleading(length int) []float32 {
	x := make([]float32, length)
	left := make([]int, length)
	for i := range left {
		left[i], x[i] = i, float32(i-length)
	}
	next := float32(length)
	for turn := 0; len(left) > fewest && turn <= length; turn++ {
		seen := make([]float32, len(left))
		for i := range 7 {
			at := left[(2*i+1)*len(left)/14]
			if x[at] < 0 {
				x[at], next = next, next-1
			}
		}
		for i, at := range left {
			seen[i] = x[at]
		}
		pivot := pivotOf(seen, turn%2) // as if it were among the first turns
		left = slices.DeleteFunc(left, func(at int) bool { return x[at] >= pivot })
	}
	return x
}

func TestASearchThatIsMisledEndsSoon(t *testing.T) {
	x := misleading(3000)
	sorted := slices.Sorted(slices.Values(x))
	a := *portable32
	turns := 0
	a.cutting.over = func(dst, x []float32, pivot float32) int { turns++; return over(dst, x, pivot) }
	s := &survivors{arithmetic: &a}
	if err := s.look(&a, x, 0); err != nil {
		t.Fatal(err)
	}
	const k = 2900
	got := s.descend(s.search, x, kthQuota(k), 0, s.counting())
	if got.logit != sorted[len(x)-k] || got.before != k-1 {
		t.Errorf("the %d-th of %d is %v, with %v before it, want %v", k, len(x), got.logit, got.before, sorted[len(x)-k])
	}
	if turns > 200 {
		t.Errorf("%d turns", turns)
	}
}
