package decide

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestSignedRankIsExactForDistinctValues(t *testing.T) {
	// Of the 8 signs of ranks 1, 2, 3 the sums are 0 1 2 3 3 4 5 6.
	for _, c := range []struct {
		d []float64
		p float64
	}{
		{[]float64{1, 2, 3}, 1. / 8},
		{[]float64{-1, 2, 3}, 2. / 8},
		{[]float64{1, -2, 3}, 3. / 8},
		{[]float64{1, 2, -3}, 5. / 8},
		{[]float64{-1, -2, -3}, 1},
		{nil, 1},
		{[]float64{0, 0}, 1},
	} {
		if p := signedRank(c.d); p != c.p {
			t.Errorf("signedRank(%v) = %v, want %v", c.d, p, c.p)
		}
	}
}

func TestSignedRankIsExactWithTies(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		d := make([]float64, 1+rng.IntN(8))
		for i := range d {
			d[i] = float64(rng.IntN(7) - 3)
		}
		if got, want := signedRank(d), countedSignedRank(d); math.Abs(got-want) > 1e-12 {
			t.Errorf("signedRank(%v) = %v, counting all signs gives %v", d, got, want)
		}
	}
}

// countedSignedRank goes through all 2^n signs of the non-zero values.
func countedSignedRank(d []float64) float64 {
	var ranks []float64
	observed := 0.0
	for _, x := range d {
		if x == 0 {
			continue
		}
		rank := 0.5
		for _, y := range d {
			switch {
			case y != 0 && math.Abs(y) < math.Abs(x):
				rank++
			case math.Abs(y) == math.Abs(x):
				rank += 0.5
			}
		}
		ranks = append(ranks, rank)
		if x > 0 {
			observed += rank
		}
	}
	reached := 0
	for signs := range 1 << len(ranks) {
		sum := 0.0
		for i, rank := range ranks {
			sum += rank * float64(signs>>i&1)
		}
		if sum >= observed {
			reached++
		}
	}
	return float64(reached) / float64(int(1)<<len(ranks))
}

func TestHolmMatchesItsDefinition(t *testing.T) {
	got := holm([]float64{0.01, 0.04, 0.03, 0.005})
	want := []float64{0.03, 0.06, 0.06, 0.02}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-15 {
			t.Errorf("adjusted p of row %d = %v, want %v", i, got[i], want[i])
		}
	}
}

func TestIntervalCoversAsOftenAsItSays(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const runs = 6000
	for _, n := range []int{6, 8, 13, 27, 40} {
		covered := 0
		for range runs {
			estimate, lo, hi := interval(calm.pairs(rng, n, 0.05), confidence)
			if estimate < lo || estimate > hi {
				t.Fatalf("estimate %v outside its interval [%v, %v]", estimate, lo, hi)
			}
			if lo <= 0.05 && 0.05 <= hi {
				covered++
			}
		}
		if rate := float64(covered) / runs; rate < 0.93 || rate > 0.97 {
			t.Errorf("n = %d: the interval at %v covered in %.2f %% of %d runs", n, confidence, 100*rate, runs)
		}
	}
}

func TestFewValuesHaveNoFiniteInterval(t *testing.T) {
	if _, lo, hi := interval([]float64{1, 2, 3, 4, 5}, confidence); !math.IsInf(lo, -1) || !math.IsInf(hi, 1) {
		t.Errorf("the interval of five values is [%v, %v]", lo, hi)
	}
}

func TestVerdictFollowsTheEndOfTheInterval(t *testing.T) {
	plan := NewPlan(1, 0.03)
	for _, c := range []struct {
		centre, reach float64 // pairs from centre − reach to centre + reach, evenly
		first, last   Verdict
	}{
		{0, 0.02, Pass, Pass},
		{0.03, 0.05, Open, Pass},
		{0, 0.5, Open, Inconclusive},
		{0.2, 0.05, Fail, Fail},
	} {
		d := make([]float64, plan.Looks[0].Pairs)
		for i := range d {
			d[i] = c.centre + c.reach*(2*float64(i)/float64(len(d)-1)-1)
		}
		first, last := plan.Judge(0, nil, [][]float64{d}, false)[0], plan.Judge(0, nil, [][]float64{d}, true)[0]
		if first.Verdict != c.first || last.Verdict != c.last {
			t.Errorf("%v ± %v, interval to %.3f: %v while there are more looks and %v at the last, want %v and %v",
				c.centre, c.reach, first.Hi, first.Verdict, last.Verdict, c.first, c.last)
		}
	}
}
