package sequence_test

import (
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// The text is aab. and ba. with a = 0, b = 1 and end = 2 for the stop.
var writing = [][]int{{0, 0, 1, 2}, {1, 0, 2}}

func TestCountsByHand(t *testing.T) {
	for _, c := range []struct {
		order  int
		delta  float64
		prefix []int
		want   [3]float64
	}{
		{0, 0, nil, [3]float64{3. / 7, 2. / 7, 2. / 7}},
		{0, 0, []int{0, 1}, [3]float64{3. / 7, 2. / 7, 2. / 7}},
		{0, 1, nil, [3]float64{4. / 10, 3. / 10, 3. / 10}},
		{1, 0, nil, [3]float64{1. / 2, 1. / 2, 0}},
		{1, 0, []int{0}, [3]float64{1. / 3, 1. / 3, 1. / 3}},
		{1, 0, []int{0, 1}, [3]float64{1. / 2, 0, 1. / 2}},
		{1, 0.5, nil, [3]float64{1.5 / 3.5, 1.5 / 3.5, 0.5 / 3.5}},
		{1, 0.5, []int{1, 1, 1}, [3]float64{1.5 / 3.5, 0.5 / 3.5, 1.5 / 3.5}},
		{2, 0, nil, [3]float64{1. / 2, 1. / 2, 0}},
		{2, 0, []int{0}, [3]float64{1, 0, 0}},
		{2, 0, []int{1}, [3]float64{1, 0, 0}},
		{2, 0, []int{0, 0}, [3]float64{0, 1, 0}},
		{2, 0, []int{1, 0}, [3]float64{0, 0, 1}},
		{2, 0, []int{0, 0, 1}, [3]float64{0, 0, 1}},
		{2, 2, []int{0, 0, 1}, [3]float64{2. / 7, 2. / 7, 3. / 7}},
		{2, 2, []int{1, 1}, [3]float64{1. / 3, 1. / 3, 1. / 3}},
	} {
		m := must(sequence.NewMarkov(3, c.order, 2, c.delta, writing))
		if m.VocabSize() != 3 || m.Order() != c.order {
			t.Errorf("vocabulary %d, order %d; want 3 and %d", m.VocabSize(), m.Order(), c.order)
		}
		for v, got := range conditional(m, c.prefix...) {
			if !near(got, c.want[v], 1e-15) || (got == 0) != (c.want[v] == 0) {
				t.Errorf("order %d, δ = %v: p(%d | %v) = %v, want %v", c.order, c.delta, v, c.prefix, got, c.want[v])
			}
		}
	}
}

func TestEmptySequencesCountNothing(t *testing.T) {
	m := must(sequence.NewMarkov(2, 1, 1, 1, [][]int{{}, nil}))
	if p := conditional(m); !near(p[0], 0.5, 1e-15) || !near(p[1], 0.5, 1e-15) {
		t.Errorf("%v, want 1/2 each", p)
	}
}

func TestWithoutSmoothingWhatWasNeverSeenIsImpossible(t *testing.T) {
	m := must(sequence.NewMarkov(3, 2, -1, 0, writing))
	dst := make([]float64, 3)
	for _, prefix := range [][]int{{2}, {0, 1}, {1, 0, 0}, {0, 0, 1, 2}, {1, 0, 2}} {
		assertError(t, "a prefix never seen", m.LogConditional(dst, prefix), sequence.ErrImpossiblePrefix)
	}
	untaught := must(sequence.NewMarkov(3, 1, -1, 0, nil))
	assertError(t, "a model of no text", untaught.LogConditional(dst, nil), sequence.ErrImpossiblePrefix)
}

func TestNothingFollowsEnd(t *testing.T) {
	dst := make([]float64, 3)
	for end := range 3 {
		m := must(sequence.NewMarkov(3, 1, end, 1, nil))
		for _, prefix := range [][]int{{end}, {(end + 1) % 3, end}, {end, (end + 1) % 3}} {
			assertError(t, "after end", m.LogConditional(dst, prefix), sequence.ErrImpossiblePrefix)
		}
		if err := m.LogConditional(dst, []int{(end + 1) % 3, (end + 2) % 3}); err != nil {
			t.Errorf("end = %d: %v", end, err)
		}
	}
	endless := must(sequence.NewMarkov(3, 1, -1, 1, writing))
	if err := endless.LogConditional(dst, []int{0, 2, 1}); err != nil {
		t.Errorf("no end: %v", err)
	}
}

func TestMarkovModelsWithoutSenseAreRefused(t *testing.T) {
	for _, c := range []struct {
		name              string
		vocab, order, end int
		delta             float64
		sequences         [][]int
		want              error
	}{
		{"no vocabulary", 0, 1, -1, 1, nil, reference.ErrShape},
		{"negative vocabulary", -1, 1, -1, 1, nil, reference.ErrShape},
		{"negative order", 2, -1, -1, 1, nil, reference.ErrShape},
		{"2^13 (2^13 + 1) cells", 1 << 13, 1, -1, 1, nil, reference.ErrShape},
		{"2^26 + 1 cells", 1<<26 + 1, 0, -1, 1, nil, reference.ErrShape},
		{"more cells than int counts", 2, 100, -1, 1, nil, reference.ErrShape},
		{"end is no token", 2, 1, 2, 1, nil, reference.ErrToken},
		{"negative delta", 2, 1, -1, -0.1, nil, reference.ErrDistribution},
		{"delta NaN", 2, 1, -1, nan, nil, reference.ErrDistribution},
		{"delta infinite", 2, 1, -1, inf, nil, reference.ErrDistribution},
		{"a token too large", 2, 1, -1, 1, [][]int{{0, 1}, {0, 2}}, reference.ErrToken},
		{"a token below 0", 2, 1, -1, 1, [][]int{{sequence.Begin, 0}}, reference.ErrToken},
		{"a sequence goes on after end", 2, 1, 1, 1, [][]int{{0, 1}, {1, 0}}, sequence.ErrImpossiblePrefix},
	} {
		m, err := sequence.NewMarkov(c.vocab, c.order, c.end, c.delta, c.sequences)
		assertError(t, c.name, err, c.want)
		if m != nil {
			t.Errorf("%s: a model beside the error", c.name)
		}
	}
}
