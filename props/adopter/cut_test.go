package sampler_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
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

// declaring is the sampler with the convention that it was found to have.
func declaring(mine reference.Sampler) (reference.Sampler, error) {
	found, err := props.FindConvention(mine) // asks about fewer than 200 rows
	switch {
	case len(found.Follows) > 0: // an engine does the same
		mine.Convention = found.Follows[0]
	case len(found.Partly) > 0: // an engine does the same, and has more steps
		mine.Convention = found.Partly[0]
	case found.Fit != nil: // no engine does, and another order fits
		mine.Convention = *found.Fit
	}
	return mine, err
}

// Which convention has a sampler with top-k and top-p? It sorts and compares the mass of
// all tokens with p, as SGLang does, but keeps a token if the mass before it is below p.
func Example_convention() {
	mine, err := declaring(reference.Sampler{Name: "mine", Available: true, Sample: sampleCut})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(mine.Convention.Name)
	fmt.Println("fails:", props.CheckSampler(mine, props.Seed(1)).Err() != nil)
	mine.Convention = reference.Conventions()[4]
	fmt.Println("fails as", mine.Convention.Name+":", props.CheckSampler(mine, props.Seed(1)).Err() != nil)
	// Output:
	// the order Temper, TopK, TopP, exactly k, top-p by order, M < P, M of all tokens, greedy at 0 alone
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

// A sampler follows an engine, or does so in the steps that it has, or fits another order, or
// none; README.md shows how to declare what was found.
func TestEveryFindingIsDeclaredAsReadmeSays(t *testing.T) {
	engine := reference.Conventions()[4]
	fewer := engine
	fewer.Order = []reference.Step{reference.TopK, reference.TopP, reference.Temper}
	none := reference.ScalarSampler(engine)
	none.Keep, none.LogProbs = nil, nil
	none.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error { return nil }
	for want, s := range map[string]reference.Sampler{
		"llama.cpp TopK TopP MinP Temper": reference.ScalarSampler(engine),
		"llama.cpp TopK TopP Temper":      reference.ScalarSampler(fewer),
		" ":                               none,
	} {
		s.Convention = reference.Convention{}
		got, err := declaring(s)
		if words := fmt.Sprintf("%s %v", got.Convention.Name, got.Convention.Order); err != nil || strings.NewReplacer("[", "", "]", "").Replace(words) != want {
			t.Errorf("%q, %v, want %q", words, err, want)
		}
	}
	if _, err := declaring(reference.Sampler{Name: "only draws"}); err == nil {
		t.Error("a sampler with none of Keep, LogProbs and Sample was found")
	}
	readme, err := os.ReadFile("../README.md")
	source, sourceErr := os.ReadFile("cut_test.go")
	_, after, _ := strings.Cut(string(source), "func declaring(")
	body, _, _ := strings.Cut(after, "\n}\n")
	if err != nil || sourceErr != nil || !strings.Contains(string(readme), "func declaring("+body+"\n}\n") {
		t.Errorf("%v, %v: README.md does not show\n%s", err, sourceErr, body)
	}
}
