package subjects

import (
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
)

// The probability of the report: one logit 42, the others −20, T = .001.
func TestAFusedMultiplyInOneOfTwoPlacesGivesTheProbabilityOfTheReport(t *testing.T) {
	row := slices.Repeat([]float32{-20}, 20)
	row[3] = 42
	fusedInOneOfTwo(row, slices.Clone(row), 0.001)
	if !(row[3] > 1.0013 && row[3] < 1.0014) {
		t.Errorf("p = %v, flashinfer#5088 has 1.0013", row[3])
	}
}

// The cases of the fixtures catch these bugs too, and now and then Precision does:
// Spread has to catch each by itself.
func TestSpreadItselfCatchesEveryCancellation(t *testing.T) {
	alone := without("Kernels", "another test's", func(law props.Law) bool { return !strings.HasSuffix(law.ID, "/Spread") })
	for _, mutant := range cancellationMutants() {
		t.Run(mutant.cause, func(t *testing.T) {
			report := props.CheckKernels(mutant.subject, append(slices.Clone(alone), props.UntilBroken(verdict.Should))...)
			last := report.Results[len(report.Results)-1]
			if !strings.HasSuffix(last.ID, "/Spread") || last.Status != verdict.Broken {
				t.Errorf("%s is %v: %s", last.ID, last.Status, last.Detail)
			}
			t.Logf("%s: %s", last.ID, last.Detail)
		})
	}
}
