package subjects

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// quickly is a run that tries every kind of input, without what takes long.
func quickly(opts ...props.Option) []props.Option {
	opts = append(opts, props.Inputs(20), props.Seed(1))
	for _, law := range slowLaws {
		opts = append(opts, props.Skip(law, "slow"))
	}
	return opts
}

// lawsOnly skips every law of kernels but some.
func lawsOnly(laws ...string) []props.Option {
	others := without("Kernels", "another test's", func(law props.Law) bool { return !slices.Contains(laws, law.ID) })
	return append(others, props.Inputs(40), props.Seed(1))
}

// A part of the contract that is left out breaks laws until it is declared, and
// none afterwards.
func TestWhatIsDeclaredIsNoAccusation(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: whole suites")
	}
	for name, c := range map[string]struct {
		kernels  reference.Kernels
		declared props.Option
		accuses  []string // laws that are broken without the declaration
		words    string
	}{
		"T = 0 is refused": {
			refusing(reference.Scalar, func(_ int, t float64) bool { return t == 0 }),
			props.WithoutZero(), []string{"Sample/Zero", "Anneal/Masks", "LogProbs/Exact"}, "T = 0 is not provided",
		},
		"T = +Inf is refused": {
			refusing(reference.Scalar, func(_ int, t float64) bool { return math.IsInf(t, 1) }),
			props.WithoutInfinity(), []string{"LogSumExp/Infinity", "Draw/Law", "LogSumExp/Exact"}, "T = +Inf is not provided",
		},
		"a vocabulary of 1 is refused": {
			refusing(reference.Scalar, func(vocab int, _ float64) bool { return vocab == 1 }),
			props.SmallestVocab(2), []string{"Sample/Zero", "LogProbs/Exact"}, "the smallest vocabulary is 2",
		},
		"greedy below 1e-5": {
			greedyBelow(1e-5), props.GreedyBelow(1e-5),
			[]string{"LogProbs/Exact", "Anneal/Exact"}, "temperatures below 1e-05 are taken for 0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := props.CheckKernels(c.kernels, quickly(c.declared)...)
			if err := falseAlarms(report); err != nil {
				t.Errorf("accused in spite of the declaration: %v", err)
			}
			if !slices.Equal(report.Declared, []string{c.words}) || !strings.Contains(report.String(), c.words) || !strings.Contains(report.Markdown(), c.words) {
				t.Errorf("the report does not say what is declared: %q\n%s", report.Declared, report)
			}
			silent := props.CheckKernels(c.kernels, lawsOnly(c.accuses...)...)
			for _, law := range c.accuses {
				if status := statusOf(silent, law); status != verdict.Broken {
					t.Errorf("%s is %s without the declaration", law, status)
				}
			}
			for _, law := range []string{"LogProbs/Exact", "Anneal/Exact", "LogProbs/Cooling", "Anneal/Cooling", "Anneal/Heating", "Sample/InverseCDF"} {
				if status := statusOf(report, law); status != verdict.Held {
					t.Errorf("%s is %s with the declaration, though it has more inputs", law, status)
				}
			}
		})
	}
}

func statusOf(report verdict.Report, law string) verdict.Status {
	for _, result := range report.Results {
		if result.ID == law {
			return result.Status
		}
	}
	return "no such law"
}

func TestALawWithoutAnyInputLeftIsNotProvidedAndSaysWhy(t *testing.T) {
	k := reference.Kernels{Name: "above 0", Available: true, Sample: reference.Scalar.Sample, Anneal: reference.Scalar.Anneal}
	laws := []string{"Sample/Zero", "Anneal/LowestIndex", "Sample/ZeroAgrees"}
	report := props.CheckKernels(k, append(lawsOnly(append(laws, "Sample/InverseCDF")...), props.WithoutZero())...)
	for _, law := range laws {
		if status := statusOf(report, law); status != verdict.NotProvided {
			t.Errorf("%s: %s", law, status)
		}
	}
	for _, result := range report.Results {
		if result.ID == "Sample/Zero" && result.Detail != "declared: T = 0 is not provided" {
			t.Errorf("%s: %q", result.ID, result.Detail)
		}
	}
	if status := statusOf(report, "Sample/InverseCDF"); status != verdict.Held {
		t.Errorf("Sample/InverseCDF: %s", status)
	}
}

// A law that goes through all lengths passes over those that are left out.
func TestOneLengthLeftOutIsNotAllLengths(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: vocabularies of models in use")
	}
	k := refusing(reference.Scalar, func(vocab int, _ float64) bool { return vocab < 3 })
	opts := append(lawsOnly("LogSumExp/Lengths"), props.SmallestVocab(3))
	report := props.CheckKernels(reference.Kernels{Name: "from 3", Available: true, LogSumExp: k.LogSumExp}, opts...)
	if status := statusOf(report, "LogSumExp/Lengths"); status != verdict.Held {
		t.Errorf("LogSumExp/Lengths: %s\n%s", status, report)
	}
	wrong := with(func(s *plain) {
		s.sum = func(weights []float64, r int) float64 { return sum(weights[:min(len(weights), 100)]) }
	})
	report = props.CheckKernels(reference.Kernels{Name: "wrong from 101", Available: true, LogSumExp: wrong.LogSumExp}, opts...)
	if status := statusOf(report, "LogSumExp/Lengths"); status != verdict.Broken {
		t.Errorf("LogSumExp/Lengths: %s for sums of the first 100", status)
	}
}

// Where declarations leave no input, no law was kept.
// A survey asks calls of every kind. What is left out must not take the others with it.
func TestOneCallLeftOutIsNotTheWholeSurvey(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: two surveys")
	}
	wrong := fault{temperature: where(func(p place) bool { return p.at == 4 }, toOne)}
	opts := append(lawsOnly("Draw/Survey"), props.WithoutInfinity(), props.SmallestVocab(3), props.GreedyBelow(0.1))
	if status := statusOf(props.CheckKernels(only(reference.Scalar, operation.Draw), opts...), "Draw/Survey"); status != verdict.Held {
		t.Errorf("the reference's Draw: %v", status)
	}
	if status := statusOf(props.CheckKernels(wrong.draw(), opts...), "Draw/Survey"); status != verdict.Broken {
		t.Errorf("a Draw whose fifth row ignores T: %v", status)
	}
}

func TestADeclarationThatLeavesNothingIsNotPassed(t *testing.T) {
	k := reference.Kernels{Name: "vast", Available: true, LogSumExp: reference.Scalar.LogSumExp}
	noVocab := "its lengths do not fit, so that there is no vocabulary"
	err := props.CheckKernels(k, props.SmallestVocab(1<<30), props.Inputs(3),
		props.Skip("LogSumExp/Shapes", noVocab), props.Skip("LogSumExp/ExactEverywhere", noVocab)).Err()
	if !errors.Is(err, verdict.ErrNothingChecked) {
		t.Errorf("%v, want nothing was checked", err)
	}
}

func TestADeclarationThatMakesNoSenseIsAnError(t *testing.T) {
	for name, option := range map[string]props.Option{
		"SmallestVocab(0)": props.SmallestVocab(0), "GreedyBelow(0)": props.GreedyBelow(0), "GreedyBelow(-1)": props.GreedyBelow(-1),
		"GreedyBelow(2)": props.GreedyBelow(2), "GreedyBelow(NaN)": props.GreedyBelow(math.NaN()), "GreedyBelow(+Inf)": props.GreedyBelow(math.Inf(1)),
	} {
		if report := props.CheckKernels(reference.Scalar, option); !strings.Contains(report.String(), name) || report.Err() == nil {
			t.Errorf("%s was accepted: %v", name, report.Err())
		}
	}
	model := sequence.Model(nil)
	if report := props.CheckModel(model, props.WithoutZero()); !strings.Contains(report.String(), "about reference.Kernels alone") {
		t.Errorf("a model declared a temperature:\n%s", report)
	}
}

// The laws pass over what is declared in a test too, without failing it.
func TestDeclarationsHoldInATest(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("not short: a whole suite")
	}
	k := refusing(reference.Scalar, func(vocab int, t float64) bool { return vocab == 1 || t == 0 })
	props.TestKernels(t, only(k, operation.Sample), props.WithoutZero(), props.SmallestVocab(2))
}

func TestDeclarationsAllocateNothing(t *testing.T) {
	declared := []props.Option{props.WithoutZero(), props.WithoutInfinity(), props.SmallestVocab(2), props.GreedyBelow(1e-5)}
	for _, op := range operation.All() {
		law := op.Name + "/Allocation"
		for _, result := range props.CheckKernels(reference.Scalar, append(declared, props.Only(law))...).Results {
			if result.ID == law && result.Status != verdict.Held {
				t.Errorf("%s is %s: %s", law, result.Status, result.Detail)
			}
		}
	}
}
