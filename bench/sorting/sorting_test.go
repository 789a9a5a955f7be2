package sorting_test

import (
	"testing"

	"temper/bench/sorting"
	"temper/props"
	"temper/reference"
)

func TestEverySamplerKeepsTheLaws(t *testing.T) {
	for name, order := range map[string][]reference.Step{
		"T first": {reference.Temper, reference.TopK, reference.TopP, reference.MinP},
		"T last":  {reference.TopK, reference.TopP, reference.MinP, reference.Temper},
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
