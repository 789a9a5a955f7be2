package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// endsWith is "end with probability e, else uniform over the other tokens",
// every count exact: e = ends/(ends + vocab).
func endsWith(t *testing.T, vocab, ends int) *sequence.Markov {
	t.Helper()
	var sequences [][]int
	for v := range vocab {
		sequences = append(sequences, []int{v})
	}
	for range ends {
		sequences = append(sequences, []int{vocab})
	}
	m, err := sequence.NewMarkov(vocab+1, 0, vocab, 0, sequences)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPartitionOfUnlimitedLengthIsAGeometricSeries(t *testing.T) {
	// Z = e^a Σ_n (V·((1−e)/V)^a)^n.
	const vocab, e = 3, 0.25
	for _, temperature := range []float64{0.05, 0.5, 1, 1.2} {
		a, err := sequence.NewAnnealedMarkov(endsWith(t, vocab, 1), vocab, sequence.Unlimited, temperature)
		if err != nil {
			t.Fatal(err)
		}
		exponent := 1 / temperature
		want := exponent*math.Log(e) - math.Log1p(-vocab*math.Pow((1-e)/vocab, exponent))
		if logZ, err := a.LogPartition(nil); err != nil || !closeTo(logZ, want, 1e-13) {
			t.Errorf("T=%v: log Z = %v, %v, want %v", temperature, logZ, err, want)
		}
		// All contexts have one z, so that W = z^(tokens), and q ends each time
		// with the same probability.
		z := math.Pow(e, exponent) + vocab*math.Pow((1-e)/vocab, exponent)
		mean := math.Log(z) * z / math.Pow(e, exponent)
		if d, err := a.Divergence(nil); err != nil || !closeTo(d.PerStepLogW, mean, 1e-11) {
			t.Errorf("T=%v: E_q log W = %v, %v, want %v", temperature, d.PerStepLogW, err, mean)
		}
	}
}

func TestPartitionOfUnlimitedLengthIsTheLimitOfLongOnes(t *testing.T) {
	for _, c := range smallChains(t) {
		if c.end < 0 {
			continue
		}
		for _, temperature := range []float64{0, 0.1, 0.7, 1, 1.02} {
			name := fmt.Sprintf("%s T=%v", c.name, temperature)
			unlimited, err := sequence.NewAnnealedMarkov(c.m, c.end, sequence.Unlimited, temperature)
			if err != nil {
				t.Fatal(name, err)
			}
			long, err := sequence.NewAnnealedMarkov(c.m, c.end, 1500, temperature)
			if err != nil {
				t.Fatal(name, err)
			}
			if temperature > 0 {
				want, err := long.Divergence(c.prompt)
				if err != nil {
					t.Fatal(name, err)
				}
				got, err := unlimited.Divergence(c.prompt)
				if err != nil || !closeTo(got.LogPartition, want.LogPartition, 1e-9) ||
					!closeTo(got.WholeLogW, want.WholeLogW, 1e-6) || !closeTo(got.LogSquare, want.LogSquare, 1e-9) {
					t.Errorf("%s: %v, %v; length 1500 has %v", name, got, err, want)
				}
				if got.PerStepLogW > got.LogPartition+1e-14 || got.LogPartition > got.WholeLogW+1e-14 {
					t.Errorf("%s: E_q log W ≤ log Z ≤ E_π log W is false: %v", name, got)
				}
			}
			got, want := make([]float64, c.vocab), make([]float64, c.vocab)
			if err := unlimited.LogConditional(got, c.prompt); err != nil {
				t.Fatal(name, err)
			}
			if err := long.LogConditional(want, c.prompt); err != nil {
				t.Fatal(name, err)
			}
			for v := range got {
				if !closeTo(got[v], want[v], 1e-9) {
					t.Errorf("%s: log π(%d) = %v, length 1500 has %v", name, v, got[v], want[v])
				}
			}
			if completion, err := unlimited.Draw(c.prompt, rand.NewPCG(1, 1)); err != nil || completion[len(completion)-1] != c.end {
				t.Errorf("%s: drew %v, %v", name, completion, err)
			}
		}
	}
}

func TestInfinitePartitionIsAnErrorThatNamesTheCriticalTemperature(t *testing.T) {
	const vocab = 4
	for _, ends := range []int{1, 2, 9} {
		m := endsWith(t, vocab, ends)
		e := float64(ends) / float64(ends+vocab)
		want := 1 - math.Log(1-e)/math.Log(vocab)
		critical, err := sequence.CriticalTemperature(m, vocab)
		if err != nil || !closeTo(critical, want, 1e-12) {
			t.Errorf("e = %v: critical temperature %v, %v, want %v", e, critical, err, want)
		}
		if _, err := sequence.NewAnnealedMarkov(m, vocab, sequence.Unlimited, critical*0.999); err != nil {
			t.Errorf("e = %v, just below: %v", e, err)
		}
		for _, temperature := range []float64{critical * 1.001, 50, math.Inf(1)} {
			_, err = sequence.NewAnnealedMarkov(m, vocab, sequence.Unlimited, temperature)
			var divergence sequence.InfinitePartitionError
			if !errors.As(err, &divergence) || !errors.Is(err, sequence.ErrInfinitePartition) || divergence.Critical != critical {
				t.Errorf("e = %v, T = %v: %v, want an InfinitePartitionError at %v", e, temperature, err, critical)
			}
		}
		if a, err := sequence.NewAnnealedMarkov(m, vocab, 100, 50); err != nil {
			t.Error(err)
		} else if logZ, err := a.LogPartition(nil); err != nil || math.IsInf(logZ, 0) {
			t.Errorf("a maximum length should make Z finite: %v, %v", logZ, err)
		}
	}
}

func TestAMomentCanBeInfiniteWhereThePartitionIsNot(t *testing.T) {
	m := endsWith(t, 4, 2) // z is the same for every prefix: log E_q W² = log Σ (p^a·z)^n
	critical := must(sequence.CriticalTemperature(m, 4))
	a := must(sequence.NewAnnealedMarkov(m, 4, sequence.Unlimited, 0.99*critical))
	if logZ, err := a.LogPartition(nil); err != nil || math.IsInf(logZ, 0) {
		t.Errorf("log Z = %v, %v, want a number", logZ, err)
	}
	if square, err := a.LogMoment(2, nil); err != nil || !math.IsInf(square, 1) {
		t.Errorf("log E_q W² = %v, %v, want +Inf", square, err)
	}
	if d, err := a.Divergence(nil); err != nil || d.EffectiveSampleShare() != 0 {
		t.Errorf("ESS/N = %v, %v, want 0", d.EffectiveSampleShare(), err)
	}
}

func TestCriticalTemperatureOfALargeVocabularyIsJustAboveOne(t *testing.T) {
	// e = 508/50765, about 1 %.
	critical, err := sequence.CriticalTemperature(endsWith(t, 50257, 508), 50257)
	if err != nil || math.Abs(critical-1.0009) > 5e-5 {
		t.Errorf("critical temperature %v, %v, want 1.0009", critical, err)
	}
}

func TestContextsThatCannotEndDoNotMakeThePartitionDiverge(t *testing.T) {
	// b repeats itself for ever; the sequences that end are ∅ and a.
	m, err := sequence.NewMarkov(3, 1, 2, 0, [][]int{{2}, {0, 2}, {1, 1, 1}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := sequence.NewAnnealedMarkov(m, 2, sequence.Unlimited, 20)
	if err != nil {
		t.Fatal(err)
	}
	want := math.Log(2 * math.Pow(1.0/3, 1.0/20))
	if logZ, err := a.LogPartition(nil); err != nil || !closeTo(logZ, want, 1e-13) {
		t.Errorf("log Z = %v, %v, want %v", logZ, err, want)
	}
	if critical, err := sequence.CriticalTemperature(m, 2); err != nil || !math.IsInf(critical, 1) {
		t.Errorf("critical temperature %v, %v, want +Inf", critical, err)
	}
	if d, err := a.Divergence(nil); err != nil || !math.IsInf(d.PerStepToWhole(), 1) {
		t.Errorf("KL(q ‖ π) = %v, %v; q strays to b, which π excludes", d.PerStepToWhole(), err)
	}
	if _, err := a.LogPartition([]int{1}); !errors.Is(err, reference.ErrNoSupport) {
		t.Errorf("after b: %v, want ErrNoSupport", err)
	}
	never, err := sequence.NewMarkov(3, 1, 2, 0, [][]int{{0, 1, 0}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequence.CriticalTemperature(never, 2); !errors.Is(err, reference.ErrNoSupport) {
		t.Errorf("end never comes: %v, want ErrNoSupport", err)
	}
}

func TestUnlimitedLengthRefusesTooManyContexts(t *testing.T) {
	m, err := sequence.NewMarkov(33, 2, 32, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequence.NewAnnealedMarkov(m, 32, sequence.Unlimited, 0.5); !errors.Is(err, reference.ErrShape) {
		t.Errorf("%v, want ErrShape", err)
	}
}
