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

func TestAnnealingOneDistributionAtEveryTemperature(t *testing.T) {
	p := []float64{0.2, 0.4, 0, 0.4}
	for _, c := range []struct {
		temperature float64
		want        [4]float64
	}{
		{0, [4]float64{0, 1, 0, 0}}, {0.5, [4]float64{1. / 9, 4. / 9, 0, 4. / 9}}, {1, [4]float64{0.2, 0.4, 0, 0.4}},
		{math.Inf(1), [4]float64{1. / 3, 1. / 3, 0, 1. / 3}},
	} {
		apart, inPlace := make([]float64, 4), append([]float64(nil), p...)
		logp, logApart := make([]float64, 4), make([]float64, 4)
		for v, x := range p {
			logp[v] = math.Log(x)
		}
		for name, err := range map[string]error{
			"Anneal":             reference.Anneal(apart, p, c.temperature),
			"Anneal in place":    reference.Anneal(inPlace, inPlace, c.temperature),
			"AnnealLog":          reference.AnnealLog(logApart, logp, c.temperature),
			"AnnealLog in place": reference.AnnealLog(logp, logp, c.temperature),
		} {
			if err != nil {
				t.Errorf("%s at T = %v: %v", name, c.temperature, err)
			}
		}
		for v, want := range c.want {
			if !near(apart[v], want, 1e-15) || inPlace[v] != apart[v] {
				t.Errorf("T = %v: p(%d) = %v, in place %v; want %v", c.temperature, v, apart[v], inPlace[v], want)
			}
			if !near(logApart[v], math.Log(want), 1e-15) || logp[v] != logApart[v] {
				t.Errorf("T = %v: log p(%d) = %v, in place %v; want %v", c.temperature, v, logApart[v], logp[v], math.Log(want))
			}
		}
	}
}

func TestLogProbabilitiesOutOfRangeAreRefused(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		name        string
		logp        []float64
		temperature float64
		want        error
	}{
		{"T = -1", []float64{0}, -1, reference.ErrTemperature}, {"T = NaN", []float64{0}, nan, reference.ErrTemperature},
		{"NaN", []float64{0, nan}, 1, reference.ErrNaN}, {"infinite", []float64{inf, 0}, 1, reference.ErrInf},
		{"no support", []float64{-inf}, 1, reference.ErrNoSupport}, {"nothing", nil, 1, reference.ErrNoSupport},
	} {
		_, err := reference.LogPartition(c.logp, c.temperature)
		assertError(t, "LogPartition, "+c.name, err, c.want)
		dst := make([]float64, len(c.logp))
		assertError(t, "AnnealLog, "+c.name, reference.AnnealLog(dst, c.logp, c.temperature), c.want)
		for _, x := range dst {
			if x != 0 {
				t.Errorf("AnnealLog, %s: wrote %v", c.name, dst)
			}
		}
	}
	for _, places := range []int{1, 3} {
		assertError(t, "AnnealLog", reference.AnnealLog(make([]float64, places), []float64{0, 0}, 1), reference.ErrShape)
		assertError(t, "Anneal", reference.Anneal(make([]float64, places), []float64{1, 1}, 1), reference.ErrShape)
	}
}

func TestAnnealNamesTheBadProbability(t *testing.T) {
	err := reference.Anneal(make([]float64, 2), []float64{0.5, -0.25}, 1)
	if want := "probability 1 is -0.25: not a probability distribution"; err == nil || err.Error() != want {
		t.Errorf("%v, want %q", err, want)
	}
	err = reference.Anneal(make([]float64, 2), []float64{0, 0}, 1)
	assertError(t, "zeros", err, reference.ErrNoSupport)
}
