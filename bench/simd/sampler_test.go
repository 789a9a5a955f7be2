package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/props"
	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// eachSampler runs a test on every sampler of a convention that this machine can run.
func eachSampler(t *testing.T, c reference.Convention, test func(t *testing.T, s reference.Sampler)) {
	for _, following := range simd.Samplers() {
		s := following(c)
		where(t, s.Name, s.Requires, s.Available, func(t *testing.T) { test(t, s) })
	}
}

func TestEverySamplerKeepsTheLaws(t *testing.T) {
	opts := []props.Option{props.Strict()}
	if simd.RaceDetector {
		opts = append(opts, props.Skip("Sampler/Allocation", "pools drop what they are given under the race detector"))
	}
	for _, c := range reference.Conventions() {
		t.Run(c.Name, func(t *testing.T) {
			if testing.Short() && c.Name != "FlashInfer (joint)" && c.Name != "llama.cpp" {
				t.Skip("not short: T first with ties kept, and T last with exactly k, are enough")
			}
			if simd.RaceDetector && c.Name != "llama.cpp" {
				t.Skip("goroutines share the same memory in every convention")
			}
			eachSampler(t, c, func(t *testing.T, s reference.Sampler) {
				props.TestSampler(t, s, opts...)
			})
		})
	}
}

// hardRows are rows that mislead a search by groups of logits, or by pivots.
func hardRows(length int) map[string][]float32 {
	r := rand.New(rand.NewPCG(1, uint64(length)))
	row := func(at func(v int) float64) []float32 {
		x := make([]float32, length)
		for v := range x {
			x[v] = float32(at(v))
		}
		return x
	}
	one := r.IntN(length)
	return map[string][]float32{
		"equal":      row(func(int) float64 { return 1 }),
		"ascending":  row(func(v int) float64 { return 20 * float64(v) / float64(length) }),
		"descending": row(func(v int) float64 { return -20 * float64(v) / float64(length) }),
		"two values": row(func(int) float64 { return float64(r.IntN(2)) }),
		"rarely two": row(func(int) float64 { return float64(r.IntN(100) / 99) }),
		"all but one masked": row(func(v int) float64 {
			if v == one {
				return 3
			}
			return math.Inf(-1)
		}),
		"maxima tie": row(func(v int) float64 {
			if v/16%16 == v%16 {
				return 5
			}
			return r.Float64()
		}),
		"one group": row(func(v int) float64 {
			if v%16 == 7 {
				return 5 + r.Float64()
			}
			return r.Float64()
		}),
		"a few logits": row(func(int) float64 { return math.Round(4 * r.NormFloat64()) }),
		"zeros of both signs": row(func(int) float64 {
			return []float64{-1, math.Copysign(0, -1), 0, 1e-45, -1e-45}[r.IntN(5)]
		}),
		"normal":    row(func(int) float64 { return 3 * r.NormFloat64() }),
		"flat":      row(func(int) float64 { return r.Float64() }),
		"extreme":   row(func(int) float64 { return 1e37 * r.NormFloat64() }),
		"huge step": row(func(v int) float64 { return []float64{-3e38, 3e38, 0}[r.IntN(3)] }),
	}
}

func TestSamplersKeepOfHardRowsWhatTheReferenceKeeps(t *testing.T) {
	lengths := []int{1, 17, 64, 65, 255, 257, 256, 1000, 4096, 9001}
	if testing.Short() {
		lengths = lengths[:6]
	}
	orders := []reference.Convention{
		{Order: []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}},
		{Order: []reference.Step{reference.MinP, reference.TopP, reference.TopK, reference.Temper}, TiesAtK: true, OriginalMass: true, AtMost: true},
		{Order: []reference.Step{reference.TopK, reference.Temper, reference.MinP, reference.TopP}, TiesAtP: true, TiesAtK: true, OriginalMass: true},
	}
	for _, length := range lengths {
		for name, row := range hardRows(length) {
			for i, c := range orders {
				for j, how := range hardSettings(length) {
					surely, possibly, err := c.Band(row, how, accuracy.SlackOfCuts(verdict.Must, c, row, how))
					if err != nil {
						t.Fatal(err)
					}
					for _, following := range simd.Samplers() {
						if s := following(c); s.Available {
							kept := make([]bool, length)
							must(t, s.Keep(kept, row, []reference.Sampling{how}))
							if err := within(kept, surely, possibly); err != nil {
								t.Fatalf("%s, %d %s logits, order %d, settings %d %+v: %v", s.Name, length, name, i, j, how, err)
							}
						}
					}
				}
			}
		}
	}
}

// Where only the widths of registers differ, so do no bits.
func TestSamplersOfBothInstructionSetsReturnTheSameBits(t *testing.T) {
	type answers struct {
		logp          []float64
		sample, drawn []int
		kept          []bool
	}
	c := reference.Convention{Order: []reference.Step{reference.Temper, reference.TopP, reference.MinP, reference.TopK}}
	for _, length := range []int{38, 100, 1000, 5000, 20011} {
		how := hardSettings(length)
		for name, row := range hardRows(length) {
			logits := slices.Repeat(row, len(how))
			var first *answers
			for _, following := range simd.Samplers()[1:] {
				s, n := following(c), len(how)
				if !s.Available {
					continue // TestEverySamplerKeepsTheLaws says so
				}
				a := answers{make([]float64, n), make([]int, n), make([]int, n), make([]bool, len(logits))}
				tokens, u := make([]int, n), make([]float64, n)
				for r := range u {
					tokens[r], u[r] = slices.Index(row, slices.Max(row)), (float64(r)+.5)/float64(n)
				}
				must(t, s.LogProbs(a.logp, logits, tokens, how))
				must(t, s.Sample(a.sample, logits, u, how))
				must(t, s.Draw(a.drawn, logits, rand.NewPCG(1, 2), how))
				must(t, s.Keep(a.kept, logits, how))
				if first == nil {
					first = &a
				} else if !reflect.DeepEqual(a, *first) {
					t.Fatalf("%d %s logits: %s differs", length, name, s.Name)
				}
			}
		}
	}
}

func hardSettings(length int) []reference.Sampling {
	return []reference.Sampling{
		{Temperature: 1, TopK: 1 + length/100},
		{Temperature: .7, TopK: 1 + length/3},
		{Temperature: .7, TopP: .9},
		{Temperature: 1.5, TopP: .3},
		{Temperature: .7, MinP: .05},
		{Temperature: .7, TopK: 1 + length/2, TopP: .8},
		{Temperature: 2, MinP: 1e-3, TopP: .95, TopK: 40},
		{Temperature: 1e-50, TopP: .5, MinP: .5},
		{Temperature: 1e38, TopP: .5, TopK: 1 + length/4},
		{Temperature: math.Inf(1), TopK: 1 + length/5, TopP: .5},
	}
}

func within(kept, surely, possibly []bool) error {
	for v, in := range kept {
		if in && !possibly[v] || !in && surely[v] {
			return fmt.Errorf("token %d is kept: %v", v, in)
		}
	}
	return nil
}
