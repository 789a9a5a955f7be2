package decide

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// equal returns n values that are all x.
func equal(n int, x float64) []float64 { return slices.Repeat([]float64{x}, n) }

func TestOneMoreIsWorseOnceChanceIsExcluded(t *testing.T) {
	for pairs, want := range map[int]bool{1: false, 6: false, 7: true, 13: true} {
		if got := Worse(equal(pairs, 7), equal(pairs, 7), equal(pairs, 8), -1, 0.001); got != want {
			t.Errorf("7 in base and 8 in head, %d pairs: worse is %v, want %v", pairs, got, want)
		}
	}
}

// Rounded counts per operation are 7 or 8 by chance where a pool or a map sometimes
// needs one allocation more.
func TestCountsThatChanceRoundsAreNotWorse(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const level = 0.01
	runs := 20_000
	if testing.Short() {
		runs = 2000
	}
	for _, pairs := range []int{1, 2, 3, 5, 13} {
		for _, p := range []float64{0.1, 0.33, 0.67} {
			wrong := 0
			for range runs {
				var counts [3][]float64
				for arm := range counts {
					for range pairs {
						counts[arm] = append(counts[arm], 7+flip(rng, p))
					}
				}
				if Worse(counts[0], counts[1], counts[2], -1, level) {
					wrong++
				}
			}
			if got, limit := float64(wrong)/float64(runs), level+4*math.Sqrt(level/float64(runs)); got > limit {
				t.Errorf("%d pairs, 8 instead of 7 with probability %v: worse in %.2f %% of runs without a change", pairs, p, 100*got)
			}
		}
	}
}

func TestWhatIsNoNumberIsWorseThanAnyNumberAndNotThanItself(t *testing.T) {
	number, none := equal(7, 2.5), equal(7, math.NaN())
	for _, c := range []struct {
		base, head []float64
		want       bool
	}{{number, none, true}, {number, nil, true}, {number, number[:6], true}, {none, number, false}, {none, none, false}, {nil, number, false}} {
		if got := Worse(c.base, c.base, c.head, -1, 0.001); got != c.want {
			t.Errorf("%v to %v: worse is %v", c.base, c.head, got)
		}
	}
}
