package sequence_test

import (
	"errors"
	"math"
	"testing"

	"temper/reference"
	"temper/reference/sequence"

	"gonum.org/v1/gonum/mat"
)

func TestRatesAreTheEigenvaluesOfTheTiltedMatrices(t *testing.T) {
	const vocab = 5
	m, err := sequence.NewMarkov(vocab, 1, -1, 0.3, skewedSequences(2, vocab, -1))
	if err != nil {
		t.Fatal(err)
	}
	for _, temperature := range []float64{0.25, 0.5, 0.9, 1, 2, math.Inf(1)} {
		rates, err := sequence.NewAnnealingRates(m, temperature)
		if err != nil {
			t.Fatal(err)
		}
		lambda := func(g float64) float64 { return math.Log(radius(t, tilted(t, m, vocab, temperature, g))) }
		slope := func(g float64) float64 { const h = 1e-4; return (lambda(g+h) - lambda(g-h)) / (2 * h) }
		for name, pair := range map[string][2]float64{
			"log Z":   {rates.LogPartition, lambda(0)},
			"KL(q‖π)": {rates.PerStepToWhole, lambda(0) - slope(-1)},
			"KL(π‖q)": {rates.WholeToPerStep, slope(0) - lambda(0)},
			"log ESS": {rates.LogEffectiveSampleRate, 2*lambda(0) - lambda(1)},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-7 {
				t.Errorf("T=%v: %s is %v, want %v", temperature, name, pair[0], pair[1])
			}
		}
	}
}

// tilted is the matrix p(v | u)^(1/T)·z(u)^g.
func tilted(t *testing.T, m *sequence.Markov, vocab int, temperature, g float64) *mat.Dense {
	t.Helper()
	matrix := mat.NewDense(vocab, vocab, nil)
	row := make([]float64, vocab)
	for u := range vocab {
		if err := m.LogConditional(row, []int{u}); err != nil {
			t.Fatal(err)
		}
		logZ, err := reference.LogPartition(row, temperature)
		if err != nil {
			t.Fatal(err)
		}
		for v, logp := range row {
			matrix.Set(u, v, math.Exp(logp/temperature+g*logZ))
		}
	}
	return matrix
}

func radius(t *testing.T, matrix *mat.Dense) float64 {
	t.Helper()
	var eigen mat.Eigen
	if !eigen.Factorize(matrix, mat.EigenNone) {
		t.Fatal("no eigenvalues")
	}
	largest := 0.0
	for _, value := range eigen.Values(nil) {
		largest = math.Max(largest, math.Hypot(real(value), imag(value)))
	}
	return largest
}

func TestPeriodicChainsHaveAGrowthRateToo(t *testing.T) {
	// a and b alternate, with a silent choice of two tokens in between.
	m, err := sequence.NewMarkov(3, 1, -1, 0, [][]int{{0, 1, 0, 2, 0, 1, 0, 2, 0}})
	if err != nil {
		t.Fatal(err)
	}
	rates, err := sequence.NewAnnealingRates(m, 0.5)
	// Z grows by ½² + ½² every other token.
	if want := math.Log(0.5) / 2; err != nil || !closeTo(rates.LogPartition, want, 1e-12) || math.Abs(rates.PerStepToWhole) > 1e-12 {
		t.Errorf("%+v, %v; want log Z to grow by %v and no divergence", rates, err, want)
	}
}

func TestRatesRefuseWhatHasNone(t *testing.T) {
	ending, err := sequence.NewMarkov(3, 1, 2, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	twoFates, err := sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 0}, {1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		m           *sequence.Markov
		temperature float64
		want        error
	}{
		"a model with an end":          {ending, 0.5, reference.ErrShape},
		"two classes that never meet":  {twoFates, 0.5, reference.ErrShape},
		"temperature 0":                {twoFates, 0, reference.ErrTemperature},
		"a temperature that is no one": {twoFates, math.NaN(), reference.ErrTemperature},
	} {
		if _, err := sequence.NewAnnealingRates(c.m, c.temperature); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
