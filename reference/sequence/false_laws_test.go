package sequence_test

import (
	"math"
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// The tests of this file are counter-examples to laws that sound right.

// entropyOf is H = −Σ p log p in nats.
func entropyOf(d sequence.Distribution) float64 {
	h := 0.0
	for _, y := range d {
		h -= math.Exp(y.LogProb) * y.LogProb
	}
	return h
}

// A likely token that leads to a wide choice, and an unlikely one that leads to
// none: heat draws mass to the second.
func TestSequenceEntropyCanFallWithTemperaturePerStep(t *testing.T) {
	const wide = 1000
	first, only := make([]float64, wide), make([]float64, wide)
	first[0], first[1], only[7] = 0.9, 0.1, 1
	m := rows{"": slices.Repeat([]float64{1. / wide}, wide), "[]": first, "[1]": only}
	for _, c := range []struct{ temperature, want float64 }{{0.25, 6.908}, {100, 4.185}} {
		if h := entropyOf(must(sequence.PerStep(m, nil, -1, 2, c.temperature))); math.Abs(h-c.want) > 0.0005 {
			t.Errorf("T = %v: entropy %v, want %v", c.temperature, h, c.want)
		}
	}
	cold, _, err := sequence.WholeSequence(m, nil, -1, 2, 0.25)
	hot, _, alsoErr := sequence.WholeSequence(m, nil, -1, 2, 100)
	if err != nil || alsoErr != nil || entropyOf(cold) >= entropyOf(hot) {
		t.Errorf("whole sequences: entropy %v at T = 0.25, %v at T = 100; one distribution's must grow", entropyOf(cold), entropyOf(hot))
	}
}

// Four binary tokens, all conditionals a half but two; read as two tokens out of
// four, the same table is further from its annealed sequences, which stay.
func TestDivergenceCanGrowWithTheBlocks(t *testing.T) {
	m := rows{"": {0.5, 0.5}, "[0]": {0.8, 0.2}, "[1 1]": {0.9, 0.1}}
	var p []float64
	for _, y := range must(sequence.PerStep(m, nil, -1, 4, 1)) {
		p = append(p, math.Exp(y.LogProb))
	}
	var annealed []sequence.Distribution
	for _, c := range []struct {
		vocab, length int
		want          float64
	}{{2, 4, 0.015253}, {4, 2, 0.022347}, {16, 1, 0}} {
		table := must(sequence.NewJoint(c.vocab, c.length, p))
		q := must(sequence.PerStep(table, nil, -1, c.length, 0.5))
		pi, _, err := sequence.WholeSequence(table, nil, -1, c.length, 0.5)
		if kl := sequence.KullbackLeibler(q, pi); err != nil || math.Abs(kl-c.want) > 5e-7 {
			t.Errorf("%d tokens out of %d: KL(q ‖ π) = %v, %v; want %v", c.length, c.vocab, kl, err, c.want)
		}
		annealed = append(annealed, pi)
	}
	for i, y := range annealed[0] {
		for _, blocks := range annealed[1:] {
			if !near(blocks[i].LogProb, y.LogProb, 1e-13) {
				t.Errorf("log π of sequence %d is %v in blocks, %v token by token", i, blocks[i].LogProb, y.LogProb)
			}
		}
	}
}

func TestInfiniteTemperatureIsUniformOverTheSupportOnly(t *testing.T) {
	p := make([]float64, 4)
	if err := reference.Anneal(p, []float64{0.7, 0, 0.2, 0.1}, math.Inf(1)); err != nil || !slices.Equal(p, []float64{1. / 3, 0, 1. / 3, 1. / 3}) {
		t.Errorf("%v, %v; want a third of each possible token", p, err)
	}
	// After c only two of three are possible, so that per step its sequences are
	// likelier.
	q := distributionOf(must(sequence.PerStep(branching, nil, -1, 2, math.Inf(1))))
	pi, logZ, err := sequence.WholeSequence(branching, nil, -1, 2, math.Inf(1))
	if err != nil || len(pi) != 8 || !near(logZ, math.Log(8), 1e-15) {
		t.Fatalf("%d sequences, log Z = %v, %v; want 8", len(pi), logZ, err)
	}
	for tokens, p := range distributionOf(pi) {
		want := 1. / 9
		if tokens[1] == '2' {
			want = 1. / 6
		}
		if !near(p, 1./8, 1e-15) || !near(q[tokens], want, 1e-15) {
			t.Errorf("%s: %v whole, %v per step; want 1/8 and %v", tokens, p, q[tokens], want)
		}
	}
}

// Temperature 1/2, not 1, and yet the two annealings agree; see the sufficient
// conditions beside the law itself.
func TestEqualityIsNotForTemperatureOneAlone(t *testing.T) {
	m := rows{"": {0.3, 0.7, 0}, "[0]": {0.5, 0.5, 0}, "[1]": {2. / 3, 1. / 6, 1. / 6}}
	q := distributionOf(must(sequence.PerStep(m, nil, -1, 2, 0.5)))
	pi, _, err := sequence.WholeSequence(m, nil, -1, 2, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for tokens, p := range distributionOf(pi) {
		if !near(p, q[tokens], 1e-15) {
			t.Errorf("%s: %v whole, %v per step", tokens, p, q[tokens])
		}
	}
}
