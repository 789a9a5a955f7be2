package sorting_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/sorting"
	"temper/props"
	"temper/reference"
)

func TestEverySamplerKeepsTheLaws(t *testing.T) {
	for name, order := range map[string][]reference.Step{
		"T first": {reference.Temper, reference.TopK, reference.TopP, reference.MinP},
		"T last":  {reference.TopK, reference.TopP, reference.MinP, reference.Temper},
		"k last":  {reference.MinP, reference.Temper, reference.TopP, reference.TopK},
	} {
		for _, follow := range sorting.Samplers() {
			s := follow(reference.Convention{Name: name, Order: order})
			t.Run(s.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				props.TestSampler(t, s)
			})
		}
	}
}

// Of 5000 logits of which most lie beyond the buckets of partialsort, or all in one, every
// style keeps the tokens of the reference.
func TestLogitsInAndBeyondTheOuterBucketsAreCutAlike(t *testing.T) {
	c := reference.Convention{Order: []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}}
	r := rand.New(rand.NewPCG(1, 2))
	for _, spread := range []float64{1e-3, 1, 10, 1000} {
		row := make([]float32, 5000)
		for v := range row {
			row[v] = float32(-9.95 + spread*r.NormFloat64())
		}
		for _, how := range []reference.Sampling{
			{Temperature: 1, TopK: 128}, {Temperature: 1, TopK: 129}, {Temperature: 1, TopK: 3000},
			{Temperature: 1, TopP: .9}, {Temperature: 1, TopK: 1000, MinP: .5, TopP: .3},
		} {
			want, got := make([]bool, len(row)), make([]bool, len(row))
			if err := reference.ScalarSampler(c).Keep(want, row, []reference.Sampling{how}); err != nil {
				t.Fatal(err)
			}
			for _, following := range sorting.Samplers() {
				s := following(c)
				if err := s.Keep(got, row, []reference.Sampling{how}); err != nil || !slices.Equal(got, want) {
					t.Errorf("spread %v, %+v: %s keeps other tokens: %v", spread, how, s.Name, err)
				}
			}
		}
	}
}
