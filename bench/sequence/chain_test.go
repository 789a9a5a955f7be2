package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	fast "temper/bench/sequence"
	"temper/reference"
	"temper/reference/sequence"
)

// random is a chain with skewed rows; with delta 0 it has masked tokens, and no
// token without a continuation.
func random(t testing.TB, seed uint64, vocab, order int, delta float64) *sequence.Markov {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	tokens := []int{}
	for range 6 * vocab {
		tokens = append(tokens, int(float64(vocab)*math.Pow(rng.Float64(), 2)))
	}
	tokens = append(tokens, tokens[:2]...)
	m, err := sequence.NewMarkov(vocab, order, -1, delta, [][]int{tokens})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func each(t *testing.T, check func(name string, m *sequence.Markov, c *fast.Chain, temperature float64)) {
	t.Helper()
	for seed := range uint64(3) {
		for _, vocab := range []int{1, 2, 7, 29} {
			for _, order := range []int{0, 1} {
				for _, delta := range []float64{0, 0.5} {
					m := random(t, seed, vocab, order, delta)
					c, err := fast.NewChain(m)
					if err != nil {
						t.Fatal(err)
					}
					for _, temperature := range []float64{0.002, 0.05, 0.5, 1, 3, math.Inf(1)} {
						check(fmt.Sprintf("seed=%d/vocab=%d/order=%d/delta=%v/T=%v", seed, vocab, order, delta, temperature), m, c, temperature)
					}
				}
			}
		}
	}
}

func TestBothWaysOfMultiplyingGiveTheReferencesPartition(t *testing.T) {
	each(t, func(name string, m *sequence.Markov, c *fast.Chain, temperature float64) {
		for _, length := range []int{0, 1, 2, 5, 31, 700} {
			a, err := sequence.NewAnnealedMarkov(m, -1, length, temperature)
			if err != nil {
				t.Fatal(err)
			}
			want, err := a.LogPartition(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.LogPartition(length, temperature)
			if err != nil || math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
				t.Errorf("%s: length %d: log Z = %v, %v, want %v", name, length, got, err, want)
			}
		}
	})
}

func TestFuturePartitionsAreTheReferences(t *testing.T) {
	each(t, func(name string, m *sequence.Markov, c *fast.Chain, temperature float64) {
		const length = 20
		a, err := sequence.NewAnnealedMarkov(m, -1, length+1, temperature)
		if err != nil {
			t.Fatal(err)
		}
		future := make([]float64, (length+1)*c.VocabSize())
		if err := c.Future(future, length, temperature); err != nil {
			t.Fatal(err)
		}
		for u := range c.VocabSize() {
			want, err := a.LogPartition([]int{u})
			if errors.Is(err, sequence.ErrImpossiblePrefix) {
				continue
			}
			if got := future[length*c.VocabSize()+u]; err != nil || math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
				t.Errorf("%s: log Z(%d) = %v, want %v, %v", name, u, got, want, err)
			}
		}
	})
}

func TestManyTemperaturesAreOneByOne(t *testing.T) {
	c, err := fast.NewChain(random(t, 1, 28, 1, 0.5))
	if err != nil {
		t.Fatal(err)
	}
	temperatures := []float64{0.01, 0.25, 0.5, 0.7, 1, 2, math.Inf(1)}
	all := make([]float64, len(temperatures))
	if err := c.LogPartitions(all, 1000, temperatures); err != nil {
		t.Fatal(err)
	}
	for i, temperature := range temperatures {
		if one, err := c.LogPartition(1000, temperature); err != nil || one != all[i] {
			t.Errorf("T = %v: %v among others, %v alone, %v", temperature, all[i], one, err)
		}
	}
}

func TestAMillionTokensNeedFewProducts(t *testing.T) {
	m := random(t, 1, 28, 1, 0.5)
	c, err := fast.NewChain(m)
	if err != nil {
		t.Fatal(err)
	}
	const length = 1_000_000
	for _, temperature := range []float64{0.25, 0.7, 2} {
		rates, err := sequence.NewAnnealingRates(m, temperature)
		if err != nil {
			t.Fatal(err)
		}
		logZ, err := c.LogPartition(length, temperature)
		if err != nil || math.Abs(logZ/length-rates.LogPartition) > 1e-5 {
			t.Errorf("T = %v: log Z per token is %v, %v; in the limit %v", temperature, logZ/length, err, rates.LogPartition)
		}
	}
}

func TestChainRefusesWhatHasNoAnswer(t *testing.T) {
	if _, err := fast.NewChain(random(t, 1, 3, 2, 1)); !errors.Is(err, reference.ErrShape) {
		t.Errorf("order 2: %v, want ErrShape", err)
	}
	ending, err := sequence.NewMarkov(3, 1, 2, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fast.NewChain(ending); !errors.Is(err, reference.ErrShape) {
		t.Errorf("a model with an end: %v, want ErrShape", err)
	}
	c, err := fast.NewChain(random(t, 1, 3, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	for _, temperature := range []float64{0, -1, math.NaN()} {
		if _, err := c.LogPartition(3, temperature); !errors.Is(err, reference.ErrTemperature) {
			t.Errorf("T = %v: %v, want ErrTemperature", temperature, err)
		}
		if err := c.Future(make([]float64, 12), 3, temperature); !errors.Is(err, reference.ErrTemperature) {
			t.Errorf("future at T = %v: %v, want ErrTemperature", temperature, err)
		}
	}
	if _, err := c.LogPartition(-1, 1); !errors.Is(err, reference.ErrShape) {
		t.Errorf("length -1: %v, want ErrShape", err)
	}
	if err := c.Future(make([]float64, 5), 3, 1); !errors.Is(err, reference.ErrShape) {
		t.Errorf("5 places for 4 lengths and 3 tokens: %v, want ErrShape", err)
	}
	if err := c.LogPartitions(make([]float64, 1), 3, []float64{1, 2}); !errors.Is(err, reference.ErrShape) {
		t.Errorf("one place for two temperatures: %v, want ErrShape", err)
	}
}

const benchTemperature = 0.7

// BenchmarkFuture compares the tables of future partitions of all lengths: the
// reference makes its own when it anneals a model.
func BenchmarkFuture(b *testing.B) {
	for _, size := range []struct{ vocab, length int }{{28, 10_000}, {1024, 256}} {
		m := random(b, 1, size.vocab, 1, 0.5)
		c, err := fast.NewChain(m)
		if err != nil {
			b.Fatal(err)
		}
		table := make([]float64, size.length*size.vocab)
		name := fmt.Sprintf("vocab=%d/length=%d", size.vocab, size.length)
		b.Run(name+"/impl=reference", func(b *testing.B) {
			for b.Loop() {
				if _, err := sequence.NewAnnealedMarkov(m, -1, size.length, benchTemperature); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/impl=chain", func(b *testing.B) {
			checkLongest(b, m, c, table, size.length)
			for b.Loop() {
				if err := c.Future(table, size.length-1, benchTemperature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// checkLongest holds the last row of the table against the reference.
func checkLongest(b *testing.B, m *sequence.Markov, c *fast.Chain, table []float64, length int) {
	b.Helper()
	a, err := sequence.NewAnnealedMarkov(m, -1, length, benchTemperature)
	if err != nil {
		b.Fatal(err)
	}
	if err := c.Future(table, length-1, benchTemperature); err != nil {
		b.Fatal(err)
	}
	for u, got := range table[(length-1)*c.VocabSize():] {
		want, err := a.LogPartition([]int{u})
		if err != nil || math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
			b.Fatalf("log Z(%d) = %v, want %v, %v: not timed", u, got, want, err)
		}
	}
}

// BenchmarkLogPartition has no reference to compare with: that one makes the
// whole table of [BenchmarkFuture] on the way to this number.
func BenchmarkLogPartition(b *testing.B) {
	for _, size := range []struct{ vocab, length int }{{28, 10_000}, {1024, 256}, {28, 1_000_000}} {
		m := random(b, 1, size.vocab, 1, 0.5)
		c, err := fast.NewChain(m)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("vocab=%d/length=%d/impl=chain", size.vocab, size.length), func(b *testing.B) {
			checkDifference(b, m, c, size.length)
			for b.Loop() {
				if _, err := c.LogPartition(size.length, benchTemperature); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// checkDifference holds what one more token adds to log Z against the rate that
// the reference gives for long sequences.
func checkDifference(b *testing.B, m *sequence.Markov, c *fast.Chain, length int) {
	b.Helper()
	rates, err := sequence.NewAnnealingRates(m, benchTemperature)
	if err != nil {
		b.Fatal(err)
	}
	shorter, err := c.LogPartition(length-1, benchTemperature)
	if err != nil {
		b.Fatal(err)
	}
	longer, err := c.LogPartition(length, benchTemperature)
	if got := longer - shorter; err != nil || math.Abs(got-rates.LogPartition) > 1e-12*(1+math.Abs(longer)) {
		b.Fatalf("token %d adds %v to log Z, want %v, %v: not timed", length, got, rates.LogPartition, err)
	}
}
