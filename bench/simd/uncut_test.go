package simd_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

// A row that a min-p keeps whole is drawn from before its largest logit is known: see uncut.go.
func TestMinPOfNearlyWholeRowsDrawsWhereTheDistributionFunctionSays(t *testing.T) {
	const vocab = 20011 // not a multiple of what a register or a chunk holds
	conventions := []reference.Convention{
		{Order: []reference.Step{reference.Temper, reference.MinP}},
		{Order: []reference.Step{reference.MinP, reference.Temper}},
	}
	r := rand.New(rand.NewPCG(1, 2))
	flat := make([]float32, vocab)
	for i := range flat {
		flat[i] = r.Float32()
	}
	with := func(place int, x float32) []float32 {
		row := slices.Clone(flat)
		row[place] = x
		return row
	}
	rows := map[string][]float32{
		"uncut": flat, "one above, early": with(3000, 20), "one above, late": with(vocab-1, 20), "one slightly above": with(9000, 2.5),
		"one cut": with(12345, -9), "one masked": with(19000, float32(math.Inf(-1))), "one far above": with(12345, 1e4), "ascending": slices.Sorted(slices.Values(flat)),
	}
	var u []float64
	for range 20 {
		u = append(u, r.Float64())
	}
	how := slices.Repeat([]reference.Sampling{{Temperature: .7, MinP: .05}}, len(u))
	for name, row := range rows {
		for i, c := range conventions {
			for _, following := range simd.Samplers() {
				s := following(c)
				if !s.Available {
					continue // TestEverySamplerKeepsTheLaws says so
				}
				kept := make([]bool, vocab)
				must(t, s.Keep(kept, row, how[:1]))
				drawn := make([]int, len(u))
				must(t, s.Sample(drawn, slices.Repeat(row, len(u)), u, how))
				cdf := make([]float64, vocab+1)
				top := float64(slices.Max(row))
				for v, x := range row {
					if cdf[v+1] = cdf[v]; kept[v] {
						cdf[v+1] += math.Exp((float64(x) - top) / .7)
					}
				}
				for j, token := range drawn {
					at := u[j] * cdf[vocab]
					if slack := 1e-5 * cdf[vocab]; !kept[token] || at < cdf[token]-slack || at > cdf[token+1]+slack {
						t.Fatalf("%s, %s, order %d: u = %v gives token %d, kept: %v", s.Name, name, i, u[j], token, kept[token])
					}
				}
			}
		}
	}
	for _, bad := range []struct {
		place int
		logit float64
		want  error
	}{{5000, math.NaN(), reference.ErrNaN}, {15000, math.Inf(1), reference.ErrInf}} {
		for _, following := range simd.Samplers() {
			if s := following(conventions[0]); s.Available {
				if err := s.Sample(make([]int, 1), with(bad.place, float32(bad.logit)), u[:1], how[:1]); !errors.Is(err, bad.want) {
					t.Errorf("%s: %v at %d gives the error %v", s.Name, bad.logit, bad.place, err)
				}
			}
		}
	}
}
