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
	for _, c := range reference.Conventions() {
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
	for _, name := range []string{"vLLM (torch)", "llama.cpp"} {
		c := conventionNamed(name)
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
	report := props.CheckSampler(reference.ScalarSampler(reference.Conventions()[0]), props.Inputs(1), props.Seed(1))
	for _, result := range report.Results {
		switch result.ID {
		case "Sampler/Support", "Sampler/AnyConvention", "Sampler/Accuracy", "Sampler/InverseCDF", "Sampler/Draw":
			if !strings.HasPrefix(result.Detail, "the free band has ") {
				t.Errorf("%s: %q", result.ID, result.Detail)
			}
		}
	}
}

func TestABrokenLawOfSamplersShowsASmallBatch(t *testing.T) {
	for _, mutant := range samplerMutants() {
		if mutant.cause != "k − 1" {
			continue
		}
		report := props.CheckSampler(mutant.subject, props.Only("Sampler/InverseCDF"), props.Seed(3), props.Unhurried()).String()
		if !strings.Contains(report, "input: T = 1, k = 2, logits [0 -1]") {
			t.Error(report)
		}
	}
}
