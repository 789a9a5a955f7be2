package sampler_test

import (
	"errors"
	"fmt"
	"testing"

	"example.com/sampler"
	"temper/props"
	"temper/reference"
)

func sampleCut(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
	vocab, err := reference.Vocab(len(logits), len(how))
	if err != nil || len(dst) != len(how) || len(u) != len(how) {
		return errors.Join(err, reference.ErrShape)
	}
	errs := make([]error, len(how))
	for r, h := range how {
		if token, err := sampler.SampleCut(logits[r*vocab:(r+1)*vocab], h.Temperature, h.TopK, h.TopP, u[r]); err == nil {
			dst[r] = token
		} else {
			errs[r] = err
		}
	}
	return errors.Join(errs...)
}

// Which convention has a sampler with top-k and top-p? It sorts and compares the mass of
// all tokens with p, as SGLang does, but keeps a token if the mass before it is below p.
func Example_convention() {
	mine := reference.Sampler{Name: "mine", Available: true, Sample: sampleCut}
	found, err := props.FindConvention(mine)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Fit.Name)
	mine.Convention = *found.Fit
	fmt.Println("fails:", props.CheckSampler(mine, props.Seed(1)).Err() != nil)
	mine.Convention = reference.Conventions()[4]
	fmt.Println("fails as", mine.Convention.Name+":", props.CheckSampler(mine, props.Seed(1)).Err() != nil)
	// Output:
	// the order Temperature, TopK, TopP, exactly k, top-p by order, M < P, M of all tokens, greedy at 0 alone
	// fails: false
	// fails as llama.cpp: true
}

func TestSamplerWithCutsKeepsTheLaws(t *testing.T) {
	order := []reference.Step{reference.Temper, reference.TopK, reference.TopP}
	props.TestSampler(t, reference.Sampler{
		Name: "mine", Available: true, Sample: sampleCut,
		Convention: reference.Convention{Name: "mine", Order: order, OriginalMass: true},
	})
}
