package reference_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"temper/reference"
)

// exactTopLogProb is log p_T(token) in 300-bit arithmetic for rows in which every
// logit is the largest or so far below it that its weight is nothing beside that
// of the m largest: (x − max)/T − log m.
func exactTopLogProb(x, max, temperature float64, m int) float64 {
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(300).SetFloat64(x) }
	exact := number(0).Sub(number(x), number(max))
	exact.Quo(exact, number(temperature))
	exact.Sub(exact, number(math.Log(float64(m))))
	nearest, _ := exact.Float64()
	return nearest
}

// withinUlps says whether got is within so many float64 ulps of max(|x − max|/T,
// log vocab, 1) of want.
func withinUlps(got, want, ulps, x, max, temperature float64, vocab int) bool {
	unit := math.Max(math.Max(math.Abs(x-max)/temperature, math.Log(float64(vocab))), 1)
	return math.Abs(got-want) <= ulps*(math.Nextafter(unit, inf)-unit)
}

// A log-probability is a difference from the largest logit. Taken from the logits
// themselves, x/T − log Σ, it loses what they have in common: 1e20 and 1e20 would
// have log p of thousands instead of −log 2.
func TestLogProbabilitiesDoNotCancelHoweverLargeTheLogits(t *testing.T) {
	type witness struct {
		logits      []float64
		temperature float64
	}
	witnesses := []witness{
		{[]float64{1e20, 1e20}, 1}, {[]float64{20, 20, 5}, 1e-12}, {[]float64{20, 20, 5}, 1e-9}, {[]float64{20, 20, 5}, 1e-300},
		{[]float64{37.3, 1, 2}, 1e-9}, {[]float64{-1e30, -1e30, -1.5e30, -inf}, 1e-3}, {[]float64{7}, 1e-200}, {[]float64{3e38, -3e38}, 1e-260},
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		w := witness{make([]float64, 1+r.IntN(40)), math.Pow(10, -18*r.Float64())}
		largest := float64(float32(math.Pow(10, 38*r.Float64()) * float64(1-2*r.IntN(2))))
		for v := range w.logits {
			w.logits[v] = largest
			if v > 0 && r.IntN(2) == 0 {
				w.logits[v] -= math.Max(100*w.temperature, math.Abs(largest)*r.Float64()*1e-3)
			}
		}
		witnesses = append(witnesses, w)
	}
	judged := 0
	for _, w := range witnesses {
		row, max, m, apart := make([]float32, len(w.logits)), -inf, 0, true
		for v, x := range w.logits {
			row[v] = float32(x)
			w.logits[v] = float64(row[v])
			max = math.Max(max, w.logits[v])
		}
		for _, x := range w.logits {
			if x == max {
				m++
			}
			apart = apart && (x == max || (max-x)/w.temperature > 60)
		}
		if !apart { // rounding to float32 brought two together
			continue
		}
		judged++
		annealed := make([]float64, len(w.logits))
		if err := reference.AnnealLog(annealed, w.logits, w.temperature); err != nil {
			t.Fatal(err)
		}
		for v, x := range w.logits {
			if math.IsInf(x, -1) {
				continue
			}
			want := exactTopLogProb(x, max, w.temperature, m)
			scored := make([]float64, 1)
			if err := reference.Scalar.LogProbs(scored, row, []int{v}, w.temperature); err != nil {
				t.Fatal(err)
			}
			for name, got := range map[string]float64{"AnnealLog": annealed[v], "LogProbs": scored[0]} {
				if !withinUlps(got, want, 2, x, max, w.temperature, len(row)) || got > 0 {
					t.Fatalf("%s of %v at T = %v: log p(%d) = %v, want %v", name, w.logits, w.temperature, v, got, want)
				}
			}
		}
	}
	if judged < 1000 {
		t.Errorf("%d rows were judged, too few", judged)
	}
}
