package sequence_test

import (
	"math"
	"testing"

	"temper/reference/sequence"
)

// What one might take for a law, and is none.

func TestSequenceEntropyCanFallWhileTheStepsGrowHotter(t *testing.T) {
	// a, then anything of 1000 tokens; or b, then one certain token.
	const vocab = 1000
	uniform, certain := make([]float64, vocab), make([]float64, vocab)
	for v := range uniform {
		uniform[v] = 1.0 / vocab
	}
	certain[0] = 1
	m := jointOf(t, vocab, 2, func(prefix []int) []float64 {
		switch {
		case len(prefix) == 0:
			first := make([]float64, vocab)
			first[0], first[1] = 0.9, 0.1
			return first
		case prefix[0] == 0:
			return uniform
		default:
			return certain
		}
	})
	for temperature, want := range map[float64]float64{0.25: 6.908, 100: 4.185} {
		q, err := sequence.PerStep(m, nil, -1, 2, temperature)
		if err != nil {
			t.Fatal(err)
		}
		if got := entropy(q); math.Abs(got-want) > 5e-4 {
			t.Errorf("T = %v: H(q) = %v, want %v", temperature, got, want)
		}
	}
}

func TestLongerBlocksCanBeFurtherFromTheWholeSequence(t *testing.T) {
	rule := func(prefix []int) []float64 {
		switch {
		case len(prefix) == 1 && prefix[0] == 0:
			return []float64{0.8, 0.2}
		case len(prefix) == 2 && prefix[0] == 1 && prefix[1] == 1:
			return []float64{0.9, 0.1}
		}
		return []float64{0.5, 0.5}
	}
	var p []float64
	law, err := sequence.PerStep(jointOf(t, 2, 4, rule), nil, -1, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range law {
		p = append(p, math.Exp(c.LogProb))
	}
	for _, c := range []struct {
		block int
		want  float64
	}{{1, 0.015253}, {2, 0.022347}} {
		vocab, length := 1<<c.block, 4/c.block
		m, err := sequence.NewJoint(vocab, length, p)
		if err != nil {
			t.Fatal(err)
		}
		q, pi, _ := both(t, m, nil, length, 0.5)
		if got := sequence.KullbackLeibler(q, pi); math.Abs(got-c.want) > 5e-7 {
			t.Errorf("blocks of %d: KL(q ‖ π) = %v, want %v", c.block, got, c.want)
		}
	}
}

func TestInfiniteTemperatureIsUniformOverTheSupportNotTheVocabulary(t *testing.T) {
	m := jointOf(t, 3, 2, func([]int) []float64 { return []float64{0.9, 0, 0.1} })
	_, pi, logZ := both(t, m, nil, 2, math.Inf(1))
	if len(pi) != 4 || !closeTo(logZ, math.Log(4), 1e-15) {
		t.Errorf("%d sequences, log Z = %v; want the 2² possible ones", len(pi), logZ)
	}
	for _, c := range pi {
		if c.LogProb != -math.Log(4) {
			t.Errorf("π%v = %v, want 1/4", c.Tokens, math.Exp(c.LogProb))
		}
	}
}

func TestTemperatureOneIsNotTheOnlyOneWhereTheLawsAreEqual(t *testing.T) {
	// Both rows have Σ p² = 1/2, so T = 1/2 divides by the same number.
	m := jointOf(t, 3, 2, func(prefix []int) []float64 {
		if len(prefix) == 1 && prefix[0] == 1 {
			return []float64{2.0 / 3, 1.0 / 6, 1.0 / 6}
		}
		return []float64{0.5, 0.5, 0}
	})
	if q, pi, _ := both(t, m, nil, 2, 0.5); apart(q, pi) > 1e-15 {
		t.Errorf("T = 1/2: log-probabilities up to %v apart", apart(q, pi))
	}
}
