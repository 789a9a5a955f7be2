package props

import (
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference/sequence"
)

// Under the law the mean of all bets is at most 1 on average, whatever the source, so that
// 20 of them do not reach 1000 with probability 0.98. The average over them is far below.
func TestBetsOnExactDrawsWinNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: draws from every problem, again and again")
	}
	for _, a := range []sequence.SequenceAnnealer{sequence.AnnealByEnumeration, sequence.AnnealByTransfer} {
		for seed := range uint64(3) {
			evidence := newFarEvidence()
			evidence.r = rand.New(rand.NewPCG(seed, 18))
			for _, p := range farProblems() {
				p.seed += 1000 * (seed + 1)
				if err := evidence.explore(a, p); err != nil {
					t.Fatal(err)
				}
			}
			if logM, most, best := evidence.mean(); logM > math.Log(1000) {
				t.Errorf("seed %d: exp(%v): %s, exp(%v)", seed, logM, best, most)
			}
		}
	}
}

func TestFarProblemsMeetEveryPairOfClasses(t *testing.T) {
	met := map[[4]int]bool{}
	for _, p := range farProblems() {
		for f, c := range p.classes {
			for g, d := range p.classes[:f] {
				met[[4]int{f, c, g, d}] = true
			}
		}
	}
	sizes := []int{len(annealedVocabs), len(annealedPrompts), len(annealedLimits), len(annealedBands), len(annealedDraws), annealedKinds}
	want := 0
	for f := range sizes {
		for g := range f {
			want += sizes[f] * sizes[g]
		}
	}
	if len(met) != want {
		t.Errorf("%d pairs of classes, want %d", len(met), want)
	}
}
