package props_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// lossy loses the log-sum-exp of rows whose first token is masked, as ONNX
// Runtime's ReduceLogSumExp does.
func lossy() reference.Kernels {
	return reference.Kernels{Name: "lossy", Available: true, LogSumExp: func(dst []float64, logits []float32, t float64) error {
		err := reference.Scalar.LogSumExp(dst, logits, t)
		for r, vocab := 0, len(logits)/max(1, len(dst)); r < len(dst); r++ {
			if vocab > 0 && math.IsInf(float64(logits[r*vocab]), -1) {
				dst[r] = math.Inf(-1)
			}
		}
		return err
	}}
}

func detail(t *testing.T, report verdict.Report, law string) string {
	t.Helper()
	for _, result := range report.Results {
		if result.ID == law {
			if result.Status != verdict.Broken {
				t.Fatalf("%s: %s", law, result.Status)
			}
			return result.Detail
		}
	}
	t.Fatalf("there is no %s", law)
	return ""
}

func TestCheckShrinksACounterExample(t *testing.T) {
	report := props.CheckKernels(lossy(), props.Seed(1), props.Unhurried(), props.Only("LogSumExp/"))
	t.Log(report)
	found := detail(t, report, "LogSumExp/Accuracy")
	if !strings.HasSuffix(found, "input: T = 1, logits [-Inf 0]") {
		t.Errorf("the counter-example is not the smallest:\n%s", found)
	}
}

func TestARowThatIsSpoiledIsShrunkToo(t *testing.T) {
	k := reference.Kernels{Name: "blind", Available: true, Draw: func(dst []int, logits []float32, src rand.Source, t float64) error {
		for r := range dst {
			dst[r] = 0
		}
		return nil
	}}
	const law = "Draw/BadRowsIsolated"
	if found := detail(t, props.CheckKernels(k, props.Seed(1), props.Only(law), props.Unhurried()), law); !strings.Contains(found, "input: T = 1, logits [0], then ") || !strings.HasSuffix(found, "index 0 of row 0") {
		t.Errorf("the counter-example is not the smallest:\n%s", found)
	}
}

func TestShrinkingIsTheSameEveryTime(t *testing.T) {
	report := func() verdict.Report {
		return props.CheckKernels(lossy(), props.Seed(7), props.Inputs(20), props.Unhurried())
	}
	if diff := cmp.Diff(report(), report()); diff != "" {
		t.Errorf("two runs of one seed differ:\n%s", diff)
	}
}

func TestACounterExampleThatDoesNotComeAgainStays(t *testing.T) {
	calls := 0
	k := reference.Kernels{Name: "moody", Available: true, LogSumExp: func(dst []float64, logits []float32, t float64) error {
		err := reference.Scalar.LogSumExp(dst, logits, t)
		if calls++; calls == 40 {
			dst[0] += 1e30
		}
		return err
	}}
	found := detail(t, props.CheckKernels(k, props.Seed(1), props.Only("LogSumExp/Accuracy")), "LogSumExp/Accuracy")
	if !strings.Contains(found, "e+30") || !strings.Contains(found, "it did not fail so") {
		t.Errorf("want the answer that was seen, and that it did not come again:\n%s", found)
	}
}

func TestOnlySomeLawsAreTried(t *testing.T) {
	report := props.CheckKernels(reference.Scalar, props.Seed(1), props.Inputs(2), props.Only("Anneal/S"))
	for _, result := range report.Results {
		if !strings.HasPrefix(result.ID, "Anneal/S") {
			t.Errorf("%s was tried", result.ID)
		}
	}
	if err := report.Err(); err != nil || len(report.Results) == 0 {
		t.Errorf("%d laws: %v", len(report.Results), err)
	}
	if err := props.CheckKernels(reference.Scalar, props.Only("Aneal/")).Err(); err == nil || !strings.Contains(props.CheckKernels(reference.Scalar, props.Only("Aneal/")).String(), "no law in this suite begins like this") {
		t.Errorf("a misspelt prefix: %v", err)
	}
}
