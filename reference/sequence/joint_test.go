package sequence_test

import (
	"math"
	"math/bits"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

func TestConditionalsOfAnyTableMultiplyBackToIt(t *testing.T) {
	for _, c := range []struct{ vocab, length int }{{1, 3}, {2, 1}, {2, 5}, {3, 4}, {7, 2}} {
		sequences := everySequence(c.vocab, c.length)
		p := make([]float64, len(sequences))
		sum := 0.0
		for i := range p {
			p[i] = math.Exp(5 * math.Sin(float64(i*i+1))) // no two equal, over four orders of magnitude
			sum += p[i]
		}
		for i := range p {
			p[i] /= sum
		}
		m := must(sequence.NewJoint(c.vocab, c.length, p))
		if m.VocabSize() != c.vocab {
			t.Errorf("vocabulary %d, want %d", m.VocabSize(), c.vocab)
		}
		for i, tokens := range sequences {
			product := 1.0
			for at, token := range tokens {
				product *= conditional(m, tokens[:at]...)[token]
			}
			if math.Abs(product-p[i]) > 1e-13*p[i] {
				t.Errorf("%d^%d: p(%v) = %v from conditionals, want %v", c.vocab, c.length, tokens, product, p[i])
			}
		}
	}
}

// p(a) = 0.5: aa .3, ab .2; p(b) = 0.5: ba .5, bb 0; p(c) = 0.
func smallTable() *sequence.Joint {
	return must(sequence.NewJoint(3, 2, []float64{0.3, 0.2, 0, 0.5, 0, 0, 0, 0, 0}))
}

func TestConditionalsAreQuotientsOfMarginals(t *testing.T) {
	for _, c := range []struct {
		prefix []int
		want   [3]float64
	}{{nil, [3]float64{0.5, 0.5, 0}}, {[]int{0}, [3]float64{0.6, 0.4, 0}}, {[]int{1}, [3]float64{1, 0, 0}}} {
		for v, got := range conditional(smallTable(), c.prefix...) {
			if !near(got, c.want[v], 1e-15) || (got == 0) != (c.want[v] == 0) {
				t.Errorf("p(%d | %v) = %v, want %v", v, c.prefix, got, c.want[v])
			}
		}
	}
}

func TestTableKeepsItsOwnCopy(t *testing.T) {
	p := []float64{0.25, 0.75}
	m := must(sequence.NewJoint(2, 1, p))
	p[0], p[1] = 1, 0
	if got := conditional(m)[1]; !near(got, 0.75, 1e-15) {
		t.Errorf("p = %v after the argument changed, want 0.75", got)
	}
}

func TestTableOfTheEmptySequenceHasNoConditional(t *testing.T) {
	m := must(sequence.NewJoint(2, 0, []float64{1}))
	assertError(t, "length 0", m.LogConditional(make([]float64, 2), nil), sequence.ErrImpossiblePrefix)
	if logProb, count, err := sequence.LogProb(m, nil, nil); logProb != 0 || count != 0 || err != nil {
		t.Errorf("log p of nothing is %v in %d factors, %v", logProb, count, err)
	}
}

func TestTablesThatAreNoDistributionAreRefused(t *testing.T) {
	for _, c := range []struct {
		name          string
		vocab, length int
		p             []float64
		want          error
	}{
		{"too few", 2, 2, make([]float64, 3), reference.ErrShape},
		{"too many", 2, 2, make([]float64, 5), reference.ErrShape},
		{"none", 2, 1, nil, reference.ErrShape},
		{"no vocabulary", 0, 1, nil, reference.ErrShape},
		{"no vocabulary, no length", 0, 0, []float64{1}, reference.ErrShape},
		{"negative vocabulary", -1, 2, []float64{1}, reference.ErrShape},
		{"negative length", 2, -1, []float64{1}, reference.ErrShape},
		{"a size beyond int", 2, 64, []float64{1}, reference.ErrShape},
		{"a size that wraps around", 1 << (bits.UintSize / 2), 2, nil, reference.ErrShape},
		{"negative", 2, 1, []float64{1.5, -0.5}, reference.ErrDistribution},
		{"NaN", 2, 1, []float64{1, nan}, reference.ErrDistribution},
		{"infinite", 2, 1, []float64{inf, 0}, reference.ErrDistribution},
		{"sum above", 2, 1, []float64{0.5, 0.5 + 1.1e-9}, reference.ErrDistribution},
		{"sum below", 2, 1, []float64{0.5, 0.5 - 1.1e-9}, reference.ErrDistribution},
		{"sum of zero", 2, 1, []float64{0, 0}, reference.ErrDistribution},
	} {
		m, err := sequence.NewJoint(c.vocab, c.length, c.p)
		assertError(t, c.name, err, c.want)
		if m != nil {
			t.Errorf("%s: a table beside the error", c.name)
		}
	}
	for _, rounding := range []float64{-0.9e-9, 0.9e-9} {
		if _, err := sequence.NewJoint(2, 1, []float64{0.5, 0.5 + rounding}); err != nil {
			t.Errorf("a sum of 1 %+v: %v", rounding, err)
		}
	}
}
