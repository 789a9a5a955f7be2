package sequence_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	fast "temper/bench/sequence"
	"temper/bench/simd"
	"temper/fixtures"
	"temper/fixtures/neural"
	"temper/props"
	"temper/reference"
	"temper/reference/sequence"
)

func TestParticlesKeepEveryMustLaw(t *testing.T) {
	props.TestSequenceAnnealer(t, fast.AnnealByParticles(30, reference.Kernels(simd.Best[float32]())))
}

// networks are the neural model of the fixtures, of the reference and in batches,
// with the last token as end or with none.
func networks(t testing.TB, end bool) (*sequence.FeedForward, *fast.Network) {
	t.Helper()
	weights, err := fixtures.Neural()
	if err != nil {
		t.Fatal(err)
	}
	layers := neural.Layers(weights)
	vocab, last := len(weights.Symbols), -1
	if end {
		last = vocab - 1
	}
	plain, err := sequence.NewFeedForward(vocab, weights.Window, last, layers...)
	if err != nil {
		t.Fatal(err)
	}
	batched, err := fast.NewNetwork(vocab, weights.Window, last, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return plain, batched
}

func TestABatchHasTheLogitsOfTheModel(t *testing.T) {
	plain, batched := networks(t, true)
	r := rand.New(rand.NewPCG(1, 2))
	vocab := plain.VocabSize()
	prefixes := make([][]int, 40)
	for i := range prefixes {
		for range i {
			prefixes[i] = append(prefixes[i], r.IntN(vocab-1))
		}
	}
	checkLogits(t, plain, batched, prefixes)
}

func checkLogits(t testing.TB, plain *sequence.FeedForward, batched *fast.Network, prefixes [][]int) {
	t.Helper()
	vocab := plain.VocabSize()
	got, want := make([]float32, len(prefixes)*vocab), make([]float64, vocab)
	if err := batched.BatchLogits(got, prefixes); err != nil {
		t.Fatal(err)
	}
	for i, prefix := range prefixes {
		if err := plain.Logits(want, prefix); err != nil {
			t.Fatal(err)
		}
		for v, x := range want {
			if math.Abs(float64(got[i*vocab+v])-x) > 1e-4 {
				t.Fatalf("after %v: logit %d is %v, want %v", prefix, v, got[i*vocab+v], x)
			}
		}
	}
}

func TestABatchRefusesWhatTheModelRefuses(t *testing.T) {
	plain, batched := networks(t, true)
	vocab := plain.VocabSize()
	for _, prefix := range [][]int{{-1}, {vocab}, {1, vocab - 1, 2}} {
		want := plain.Logits(make([]float64, vocab), prefix)
		got := batched.BatchLogits(make([]float32, 2*vocab), [][]int{{1}, prefix})
		if got == nil || got.Error() != want.Error() {
			t.Errorf("after %v: %v, want %v", prefix, got, want)
		}
	}
}

func TestParticlesRefuseBadArguments(t *testing.T) {
	plain, batched := networks(t, true)
	src := rand.NewPCG(1, 2)
	for _, c := range []struct {
		name             string
		particles, limit int
		prompt           []int
		temperature      float64
		want             error
	}{
		{"no particle", 0, 3, nil, 1, reference.ErrShape},
		{"limit below 0", 5, -1, nil, 1, reference.ErrShape},
		{"temperature 0", 5, 3, nil, 0, reference.ErrTemperature},
		{"temperature below 0", 5, 3, nil, -1, reference.ErrTemperature},
		{"temperature NaN", 5, 3, nil, math.NaN(), reference.ErrTemperature},
		{"a token outside the vocabulary", 5, 3, []int{99}, 1, reference.ErrToken},
		{"no room for the end", 5, 0, []int{1}, 1, reference.ErrNoSupport},
	} {
		for _, m := range []sequence.Model{plain, batched} {
			_, err := fast.AnnealByParticles(c.particles, reference.Kernels(simd.Best[float32]()))(make([][]int, 1), m, c.prompt, plain.VocabSize()-1, c.limit, c.temperature, src)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
	}
}

// At T = 1 every local partition is 1, so that log Z is 0 but for rounding.
func TestNothingIsAnnealedAtTemperatureOne(t *testing.T) {
	_, batched := networks(t, false)
	logZ, err := fast.AnnealByParticles(20, reference.Kernels(simd.Best[float32]()))(nil, batched, []int{1, 2}, -1, 50, 1, rand.NewPCG(1, 2))
	if err != nil || logZ != 0 {
		t.Errorf("log Z = %v, %v, want 0", logZ, err)
	}
}

// BenchmarkParticles draws one completion of 40 characters with 100 particles.
func BenchmarkParticles(b *testing.B) {
	const count, length, temperature = 100, 40, 0.7
	plain, batched := networks(b, false)
	prompt := []int{3, 1, 4}
	time := func(name string, a sequence.SequenceAnnealer, m sequence.Model) {
		b.Run(fmt.Sprintf("particles=%d/length=%d/T=%v/impl=%s", count, length, temperature, name), func(b *testing.B) {
			checkLogits(b, plain, batched, [][]int{prompt})
			src := rand.NewPCG(1, 2)
			drawn := make([][]int, 1)
			for b.Loop() {
				if _, err := a(drawn, m, prompt, -1, length, temperature, src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	time("reference", sequence.AnnealByParticles(count), plain)
	for _, k := range simd.Float32Variants() {
		if k.Available {
			time(k.Name, fast.AnnealByParticles(count, k), batched)
		}
	}
}

func TestAbsurdNumbersOfParticlesAndNothingToDrawFromAreErrors(t *testing.T) {
	m, err := sequence.NewMarkov(3, 1, 2, 0.5, nil)
	if err != nil {
		t.Fatal(err)
	}
	src := rand.NewPCG(1, 2)
	for _, c := range []struct {
		what      string
		particles int
		m         sequence.Model
		limit     int
		src       rand.Source
		want      error
	}{
		{"MaxInt particles", math.MaxInt, m, 3, src, reference.ErrShape},
		{"MinInt particles", math.MinInt, m, 3, src, reference.ErrShape},
		{"particles of long sequences", 1 << 10, m, 1<<16 + 1, src, reference.ErrShape},
		{"nil model", 2, nil, 3, src, reference.ErrNil},
		{"nil source", 2, m, 3, nil, reference.ErrNil},
	} {
		if _, err := fast.AnnealByParticles(c.particles, reference.Scalar)(make([][]int, 1), c.m, nil, 2, c.limit, 0.5, c.src); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
}
