package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The mean of the logarithm of the ratio, over draws of the defect itself, is the KL that theory
// takes.
func TestDrawsOfADefectGainItsKL(t *testing.T) {
	for _, d := range namedDefects() {
		const draws = 40_000
		next := d.draws(rand.NewPCG(1, 2))
		sum, squares := 0.0, 0.0
		for range draws {
			gain := next()
			sum += gain
			squares += gain * gain
		}
		mean := sum / draws
		deviation := math.Sqrt((squares/draws - mean*mean) / draws)
		if math.Abs(mean-d.kl) > 5*deviation+1e-9 {
			t.Errorf("%s: %v nats a draw, KL %v ± %v", d.name, mean, d.kl, deviation)
		}
		if d.kl <= 0 {
			t.Errorf("%s: KL %v", d.name, d.kl)
		}
	}
}

func TestSumsInFloat32NeverReachTheTail(t *testing.T) {
	d := starved()
	if want := -math.Log1p(-0x1p-12); math.Abs(d.kl-want) > 1e-9 {
		t.Errorf("KL %v, want that of a tail that never comes, %v", d.kl, want)
	}
}
