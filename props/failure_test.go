package props_test

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// dying answers a number of questions and fails at every later one.
func dying(questions int) reference.Kernels {
	return reference.Kernels{Name: "dying", Available: true, LogSumExp: func(dst []float64, logits []float32, t float64) error {
		if questions--; questions < 0 {
			panic(props.Failure{Reason: errors.New("CUDA out of memory")})
		}
		return reference.Scalar.LogSumExp(dst, logits, t)
	}}
}

func TestASubjectThatFailsBreaksNoLaw(t *testing.T) {
	report := props.CheckKernels(dying(500), props.Seed(1))
	counts := map[verdict.Status]int{}
	for _, result := range report.Results {
		counts[result.Status]++
	}
	if counts[verdict.Held] == 0 || counts[verdict.NotTried] < 2 || counts[verdict.Broken] > 0 {
		t.Errorf("%v, want some held, some not tried and none broken", counts)
	}
	if err := report.Err(); !errors.Is(err, verdict.ErrFailed) || errors.Is(err, verdict.ErrBroken) || errors.Is(err, verdict.ErrNothingChecked) {
		t.Errorf("Err is %v", err)
	}
	for _, part := range []string{"CUDA out of memory", "\ninput: T = ", "\nlaw: LogSumExp/"} {
		if strings.Count(report.String(), strings.TrimPrefix(part, "\n")) != 1 || !strings.Contains(report.Failure, part) {
			t.Errorf("no single %q in\n%s", part, report)
		}
	}
}

func TestAFailureDuringOneLawDoesNotUndoThoseBroken(t *testing.T) {
	wrong := dying(1000)
	answer := wrong.LogSumExp
	wrong.LogSumExp = func(dst []float64, logits []float32, t float64) error {
		err := answer(dst, logits, t)
		for i := range dst {
			dst[i]++
		}
		return err
	}
	err := props.CheckKernels(wrong, props.Seed(1)).Err()
	if !errors.Is(err, verdict.ErrFailed) || !errors.Is(err, verdict.ErrBroken) {
		t.Errorf("Err is %v, want broken laws and the failure", err)
	}
}

func TestAFailureWhileACounterExampleShrinksIsTold(t *testing.T) {
	questions := 0
	subject := reference.Kernels{Name: "dying", Available: true, LogSumExp: func(dst []float64, logits []float32, t float64) error {
		if questions++; questions > 3 {
			panic(props.Failure{Reason: errors.New("CUDA out of memory")})
		}
		return reference.ErrShape
	}}
	report := props.CheckKernels(subject, props.Seed(1), props.Only("LogSumExp/Accuracy"))
	if err := report.Err(); !errors.Is(err, verdict.ErrFailed) || !errors.Is(err, verdict.ErrBroken) || !strings.Contains(report.Failure, "CUDA out of memory") {
		t.Errorf("Err is %v, failure %q", err, report.Failure)
	}
}

func TestASubjectThatEndsItsGoroutineIsFoundAtOnce(t *testing.T) {
	subject := reference.Kernels{Name: "fails the test", Available: true, LogSumExp: func([]float64, []float32, float64) error {
		runtime.Goexit()
		return nil
	}}
	report := props.CheckKernels(subject, props.Seed(1), props.Only("LogSumExp/Accuracy"), props.Deadline(time.Hour))
	if err := report.Err(); !errors.Is(err, verdict.ErrBroken) || !strings.Contains(report.String(), "ended its goroutine instead of returning") {
		t.Errorf("Err is %v\n%s", err, report)
	}
}

func TestAFailureNeedsNoReason(t *testing.T) {
	if got := (props.Failure{}).Error(); got == "" {
		t.Error("a failure without a reason says nothing")
	}
}

// asDying makes TestDyingSubject fail on purpose.
const asDying = "TEMPER_TEST_DYING"

func TestDyingSubject(t *testing.T) {
	if os.Getenv(asDying) == "" {
		t.Skip("only for TestATestOfASubjectThatFailsStopsAtOneFailure")
	}
	props.TestKernels(t, dying(500))
}

func TestATestOfASubjectThatFailsStopsAtOneFailure(t *testing.T) {
	command := exec.Command(os.Args[0], "-test.run=^TestDyingSubject$", "-test.v", "-rapid.nofailfile")
	command.Env = append(os.Environ(), asDying+"=1")
	out, err := command.CombinedOutput()
	said := string(out)
	if err == nil || strings.Count(said, "--- FAIL: TestDyingSubject/") != 1 || strings.Count(said, "CUDA out of memory") != 1 {
		t.Errorf("want one failure, told once: %v\n%s", err, said)
	}
	if !strings.Contains(said, "not tried: the subject failed before") || strings.Contains(said, "is broken") {
		t.Errorf("want the rest not tried, and no law broken:\n%s", said)
	}
}

func TestAPanicShowsTheSubjectsOwnFramesAlone(t *testing.T) {
	k := reference.Kernels{Name: "panics", Available: true, LogSumExp: func([]float64, []float32, float64) error { return outOfPaper() }}
	said := props.CheckKernels(k, props.UntilBroken(verdict.Must)).String()
	if !strings.Contains(said, "outOfPaper") || strings.Contains(said, "temper/props.") {
		t.Errorf("want outOfPaper and no frame of the suite:\n%s", said)
	}
}

func outOfPaper() error { panic("out of paper") }
