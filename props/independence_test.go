package props_test

import (
	"os/exec"
	"strings"
	"testing"
)

// TestSpecificationLawsAndAnswersStandWithoutBench: whoever deletes bench still
// has a reference, laws and fixtures that build and pass.
func TestSpecificationLawsAndAnswersStandWithoutBench(t *testing.T) {
	for _, dependency := range dependencies(t, "-test", "temper/reference/...", "temper/props/...", "temper/fixtures/...") {
		if strings.HasPrefix(dependency, "temper/bench") {
			t.Errorf("%s is needed", dependency)
		}
	}
}

func TestAnswersAndTheReferenceForOneTokenNeedOnlyTheStandardLibrary(t *testing.T) {
	for _, dependency := range dependencies(t, "temper/fixtures", "temper/reference") {
		if strings.Contains(strings.Split(dependency, "/")[0], ".") {
			t.Errorf("%s is needed", dependency)
		}
	}
}

func TestVerdictAndOperationNeedNothingThatRegistersFlags(t *testing.T) {
	for _, dependency := range dependencies(t, "temper/props/verdict", "temper/props/operation") {
		if dependency == "testing" || strings.Contains(dependency, "rapid") {
			t.Errorf("%s is needed", dependency)
		}
	}
}

func dependencies(t *testing.T, args ...string) []string {
	t.Helper()
	list := exec.Command("go", append([]string{"list", "-deps"}, args...)...)
	out, err := list.Output()
	if err != nil {
		t.Fatalf("%v: %v", list, err)
	}
	return strings.Fields(string(out))
}
