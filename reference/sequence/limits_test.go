package sequence_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// turned exchanges the first and the last of three tokens.
func turned(sequences [][]int) [][]int {
	all := make([][]int, len(sequences))
	for i, s := range sequences {
		for _, token := range s {
			all[i] = append(all[i], 2-token)
		}
	}
	return all
}

// The end may be any token, the first too.
func TestTheEndCanBeTokenZero(t *testing.T) {
	const temperature, limit = 0.6, 5
	sequences := [][]int{{0, 1, 2}, {1, 2}, {0, 0, 1, 2}, {0, 2}}
	last, err := sequence.NewMarkov(3, 1, 2, 0, sequences)
	if err != nil {
		t.Fatal(err)
	}
	first, err := sequence.NewMarkov(3, 1, 0, 0, turned(sequences))
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{limit, sequence.Unlimited} {
		want, err := sequence.NewAnnealedMarkov(last, 2, length, temperature)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sequence.NewAnnealedMarkov(first, 0, length, temperature)
		if err != nil {
			t.Fatal(err)
		}
		wantZ, _ := want.LogPartition(nil)
		if gotZ, err := got.LogPartition(nil); err != nil || math.Abs(gotZ-wantZ) > 1e-12 {
			t.Errorf("length %d: log Z = %v, %v, want %v", length, gotZ, err, wantZ)
		}
		wantD, _ := want.Divergence(nil)
		gotD, err := got.Divergence(nil)
		if err != nil || math.Abs(gotD.PerStepLogW-wantD.PerStepLogW) > 1e-12 && gotD.PerStepLogW != wantD.PerStepLogW || gotD.Bound != wantD.Bound {
			t.Errorf("length %d: divergence %+v, %v, want %+v", length, gotD, err, wantD)
		}
	}
	if _, err := sequence.NewAnnealedMarkov(first, 1, limit, temperature); !errors.Is(err, reference.ErrToken) {
		t.Errorf("another end than the model's: %v, want ErrToken", err)
	}
	if _, err := sequence.NewAnnealingRates(first, temperature); !errors.Is(err, reference.ErrShape) {
		t.Errorf("rates of sequences that end: %v, want ErrShape", err)
	}
	for name, annealer := range map[string]sequence.SequenceAnnealer{
		"importance": sequence.AnnealByImportance(20), "particles": sequence.AnnealByParticles(20), "transfer": sequence.AnnealByTransfer,
	} {
		dst := make([][]int, 50)
		if _, err := annealer(dst, first, nil, 0, 3, temperature, rand.NewPCG(1, 2)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, completion := range dst {
			if completion[len(completion)-1] != 0 {
				t.Errorf("%s draws %v, which has no end", name, completion)
			}
		}
	}
}

// Every sequence of this model ends within two tokens: none is cut off, whichever
// token the end is.
func TestSequencesThatAllEndAreNotCutOff(t *testing.T) {
	const temperature = 0.5
	for _, end := range []int{0, 2} {
		sequences := [][]int{{1, end}, {1, end}, {1, end}, {end}}
		m, err := sequence.NewMarkov(3, 1, end, 0, sequences)
		if err != nil {
			t.Fatal(err)
		}
		a, err := sequence.NewAnnealedMarkov(m, end, 2, temperature)
		if err != nil {
			t.Fatal(err)
		}
		d, err := a.Divergence(nil)
		// One choice alone, of 3/4 or 1/4: per step and whole are the same law.
		if want := math.Log(0.75*0.75 + 0.25*0.25); err != nil || math.Abs(d.PerStepLogW-want) > 1e-12 || math.Abs(d.WholeLogW-want) > 1e-12 {
			t.Errorf("end %d: %+v, %v, want log W = %v", end, d, err, want)
		}
		if !math.IsInf(d.Bound, 1) {
			t.Errorf("end %d: a bound of %v, where lengths differ", end, d.Bound)
		}
		for name, annealer := range map[string]sequence.SequenceAnnealer{
			"importance": sequence.AnnealByImportance(3000), "particles": sequence.AnnealByParticles(3000),
		} {
			// Within one token only the quarter ends.
			got, err := annealer(nil, m, nil, end, 1, temperature, rand.NewPCG(1, 2))
			if want := math.Log(0.25 * 0.25); err != nil || math.Abs(got-want) > 0.2 {
				t.Errorf("end %d, %s: log Z = %v, %v, want about %v", end, name, got, err, want)
			}
		}
	}
}

func TestDeadEndsAreWorthNothing(t *testing.T) {
	m, err := sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 1}, {0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := sequence.NewAnnealedMarkov(m, -1, 3, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	// After 0 either token is as likely: 000 and 001 are left, each with W =
	// z(∅)·½·½.
	d, err := a.Divergence(nil)
	if want := 2 * math.Log(0.5); err != nil || math.Abs(d.WholeLogW-want) > 1e-12 || !math.IsInf(d.PerStepLogW, -1) {
		t.Errorf("%+v, %v, want log W = %v for the whole, -Inf per step", d, err, want)
	}
}

func TestATemperatureAtWhichLongSequencesLeaveFloat64IsRefused(t *testing.T) {
	m, err := sequence.NewMarkov(2, 1, -1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sequence.NewAnnealedMarkov(m, -1, 1000, 1e-306); !errors.Is(err, reference.ErrTemperature) {
		t.Errorf("1000 tokens at T = 1e-306: %v, want ErrTemperature", err)
	}
}

func TestAnnealersEstimateWithoutDrawing(t *testing.T) {
	m, err := sequence.NewMarkov(3, 1, 2, 0, [][]int{{0, 1, 2}, {1, 2}, {0, 0, 1, 2}})
	if err != nil {
		t.Fatal(err)
	}
	want, err := sequence.AnnealByTransfer(nil, m, nil, 2, sequence.Unlimited, 0.5, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, annealer := range map[string]sequence.SequenceAnnealer{
		"importance": sequence.AnnealByImportance(3000), "particles": sequence.AnnealByParticles(3000),
	} {
		got, err := annealer(nil, m, nil, 2, 60, 0.5, rand.NewPCG(1, 2))
		if err != nil || math.Abs(got-want) > 0.1 {
			t.Errorf("%s: log Z = %v, %v, want about %v", name, got, err, want)
		}
	}
}

func TestTransferDrawsModesAtTemperatureZeroAndHasNoLogPartition(t *testing.T) {
	m, err := sequence.NewMarkov(2, 1, -1, 0.5, [][]int{{0, 1, 0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([][]int, 3)
	logZ, err := sequence.AnnealByTransfer(dst, m, nil, -1, 4, 0, rand.NewPCG(1, 2))
	if err != nil || !math.IsNaN(logZ) || len(dst[0]) != 4 {
		t.Errorf("draws %v, log Z = %v, %v, want NaN", dst, logZ, err)
	}
}

func TestNoMovesLeaveTheProposal(t *testing.T) {
	m, err := sequence.NewMarkov(2, 1, -1, 0.5, [][]int{{0, 1, 0, 0, 1}})
	if err != nil {
		t.Fatal(err)
	}
	dst := make([][]int, 2)
	if _, err := sequence.AnnealByMetropolis(0)(dst, m, nil, -1, 4, 0.5, rand.NewPCG(1, 2)); err != nil || len(dst[0]) != 4 {
		t.Errorf("%v, %v, want completions of 4 tokens", dst, err)
	}
}

func TestAllWeightsOfZeroAreWorthNoDraw(t *testing.T) {
	none := math.Inf(-1)
	if got := sequence.EffectiveSampleSize([]float64{none, none, none}); got != 0 {
		t.Errorf("effective sample size %v, want 0", got)
	}
	if got, err := reference.LogPartition([]float64{none, none}, 0.5); err == nil && got != none {
		t.Errorf("log partition of nothing is %v, %v", got, err)
	}
}

func TestTotalVariationIsBoundedByTheSmallerDivergence(t *testing.T) {
	d := sequence.Divergence{LogPartition: -1, PerStepLogW: -1.02, WholeLogW: -0.5}
	if got, want := d.TotalVariation(), math.Sqrt(0.02/2); math.Abs(got-want) > 1e-12 {
		t.Errorf("total variation at most %v, want %v", got, want)
	}
}

func TestSmoothingThatOverflowsIsRefused(t *testing.T) {
	if _, err := sequence.NewMarkov(4, 1, -1, 1e308, [][]int{{0, 1}}); err == nil {
		t.Error("4 · 1e308 was added to counts")
	}
}

func TestATieIsATieThroughoutTheRow(t *testing.T) {
	even, err := sequence.NewMarkov(3, 1, -1, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	zero, err := sequence.NewAnnealedMarkov(even, -1, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	row := make([]float64, 3)
	if err := zero.LogConditional(row, nil); err != nil {
		t.Fatal(err)
	}
	for _, logp := range row {
		if math.Abs(logp+math.Log(3)) > 1e-12 {
			t.Fatalf("conditionals %v, want thirds", row)
		}
	}
	lone, err := sequence.NewMarkov(2, 1, -1, 0, [][]int{{0, 0, 0}})
	if err != nil {
		t.Fatal(err)
	}
	zero, err = sequence.NewAnnealedMarkov(lone, -1, 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := zero.LogConditional(row[:2], nil); err != nil || !slices.Equal(row[:2], []float64{0, math.Inf(-1)}) {
		t.Errorf("conditionals %v, %v, want 0 and -Inf", row[:2], err)
	}
}
