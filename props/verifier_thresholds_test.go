package props

import (
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference/sequence"
)

// In float32 the next number below 1 is 2⁻²⁴ away.
func TestNumbersNearThresholdsAreFarEnoughForFloat32(t *testing.T) {
	for _, rule := range []sequence.Rule{sequence.RejectionRule(), sequence.OneHotRule(), sequence.SamplerMatchRule(), sequence.BlockRule(), sequence.TreeRule(1)} {
		for _, kind := range rareKinds {
			tried := 0
			for seed := range uint64(300) {
				g, ok := newRare(rule, kind, rand.New(rand.NewPCG(seed, 1)))
				if !ok {
					continue
				}
				tried++
				for _, d := range g.drafts() {
					thresholds, merged := g.thresholds(d)
					total := 0.0
					for _, c := range cellsBetween(thresholds) {
						if total += c.width; !(c.width >= leastGap/8) {
							t.Fatalf("%s, %s, seed %d: a cell of %v at %v", rule.Name, kind.name, seed, c.width, c.u)
						}
					}
					if !(math.Abs(total-1) < 1e-12) || !(merged < 2*sameThreshold) {
						t.Fatalf("%s, %s, seed %d: the cells have %v, and %v are merged", rule.Name, kind.name, seed, total, merged)
					}
				}
			}
			if tried < 200 {
				t.Errorf("%s, %s: only %d of 300 problems", rule.Name, kind.name, tried)
			}
		}
	}
}
