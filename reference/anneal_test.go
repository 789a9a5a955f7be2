package reference_test

import (
	"errors"
	"math"
	"testing"

	"temper/reference"
)

func TestAnnealingNeedNotBeginWithANormalisedDistribution(t *testing.T) {
	dst := make([]float64, 2)
	if err := reference.Anneal(dst, []float64{4, 6}, 0.5); err != nil {
		t.Fatal(err)
	}
	if math.Abs(dst[0]-4.0/13) > 1e-15 || math.Abs(dst[1]-9.0/13) > 1e-15 {
		t.Errorf("4 : 6 at T = 0.5 gives %v, want 4/13 and 9/13", dst)
	}
}

func TestAnnealingSurvivesPowersThatUnderflow(t *testing.T) {
	dst := make([]float64, 2)
	if err := reference.Anneal(dst, []float64{1e-300, 2e-300}, 0.1); err != nil {
		t.Fatal(err)
	}
	if want := 1.0 / 1025; math.Abs(dst[0]-want) > 1e-12*want {
		t.Errorf("p = %v, want 1/1025 for the smaller", dst)
	}
}

func TestAnnealRefusesWhatIsNoDistribution(t *testing.T) {
	for _, p := range [][]float64{{0.5, -0.1}, {0.5, math.NaN()}, {math.Inf(1), 1}, {0, 0}, {}} {
		if err := reference.Anneal(make([]float64, len(p)), p, 1); !errors.Is(err, reference.ErrDistribution) {
			t.Errorf("Anneal(%v): %v, want ErrDistribution", p, err)
		}
	}
	if err := reference.Anneal(make([]float64, 1), []float64{0.5, 0.5}, 1); !errors.Is(err, reference.ErrShape) {
		t.Errorf("one place for two probabilities: %v, want ErrShape", err)
	}
	if err := reference.Anneal(make([]float64, 2), []float64{0.5, 0.5}, -1); !errors.Is(err, reference.ErrTemperature) {
		t.Errorf("T = -1: %v, want ErrTemperature", err)
	}
}

func TestLocalPartitionIsWhatAnnealingDividesBy(t *testing.T) {
	logp := []float64{math.Log(0.9), math.Log(0.1), math.Inf(-1)}
	logZ, err := reference.LogPartition(logp, 0.5)
	if err != nil || math.Abs(logZ-math.Log(0.82)) > 1e-15 {
		t.Errorf("log z = %v, %v; want log(.81 + .01)", logZ, err)
	}
	annealed := make([]float64, 3)
	if err := reference.AnnealLog(annealed, logp, 0.5); err != nil {
		t.Fatal(err)
	}
	for v, x := range logp {
		if want := x/0.5 - logZ; annealed[v] != want && math.Abs(annealed[v]-want) > 1e-15 {
			t.Errorf("token %d: log p_T = %v, want log p / T − log z = %v", v, annealed[v], want)
		}
	}
	if logZ, err := reference.LogPartition(logp, math.Inf(1)); err != nil || logZ != math.Log(2) {
		t.Errorf("log z at T = ∞ is %v, %v; want the logarithm of the support's size", logZ, err)
	}
	if _, err := reference.LogPartition(logp, 0); !errors.Is(err, reference.ErrTemperature) {
		t.Errorf("log z at T = 0: %v, want ErrTemperature", err)
	}
}
