package props_test

import (
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// The reference sorts every row anew, and allocates for it.
func TestReferenceSamplersKeepEveryLaw(t *testing.T) {
	for i, c := range reference.Conventions() {
		if testing.Short() && i > 0 {
			break
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			props.TestSampler(t, reference.ScalarSampler(c), props.Strict(), props.Skip("Sampler/Allocation", "a sort of each row"))
		})
	}
}

func TestWhatAllConventionsHaveInCommonAccusesNone(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: whole suites")
	}
	for _, c := range reference.Conventions() {
		if c.Name != "vLLM (torch)" && c.Name != "llama.cpp" {
			continue
		}
		s := reference.ScalarSampler(c)
		s.Convention = reference.Convention{}
		report := props.CheckSampler(s, props.Inputs(20))
		if err := report.Err(); err != nil {
			t.Errorf("%s: %v\n%s", c.Name, err, report)
		}
		if i := slices.IndexFunc(report.Results, func(r verdict.Result) bool { return r.ID == "Sampler/Support" }); report.Results[i].Status != verdict.NotProvided {
			t.Errorf("%s: %v without a declared convention", c.Name, report.Results[i])
		}
	}
}

// A law that leaves everything free proves nothing.
func TestEverySupportLawSaysHowMuchItLeavesFree(t *testing.T) {
	for _, id := range []string{"Sampler/Support", "Sampler/AnyConvention", "Sampler/Accuracy", "Sampler/InverseCDF", "Sampler/Draw"} {
		report := props.CheckSampler(reference.ScalarSampler(reference.Conventions()[0]), props.Only(id), props.Inputs(1), props.Seed(1))
		if result := report.Results[0]; !strings.HasPrefix(result.Detail, "the free band has ") {
			t.Errorf("%s: %q", result.ID, result.Detail)
		}
	}
}

func TestABrokenLawOfSamplersShowsASmallBatch(t *testing.T) {
	s := reference.ScalarSampler(reference.Conventions()[0])
	right := s.Sample
	s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
		less := slices.Clone(how)
		for i := range less {
			if less[i].TopK > 1 {
				less[i].TopK--
			}
		}
		return right(dst, logits, u, less)
	}
	report := props.CheckSampler(s, props.Only("Sampler/InverseCDF"), props.Seed(3), props.Unhurried()).String()
	if !strings.Contains(report, "input: T = 1, k = 2, logits [0 -1]") {
		t.Error(report)
	}
}
