package props_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference/sequence"
)

// The other rules share the code that these test, and are among the controls.
func TestReferenceVerifiersKeepEveryLaw(t *testing.T) {
	opts := []props.Option{props.Strict()}
	if testing.Short() {
		opts = append(opts, props.Skip("Verifier/Wide", "not short: rows of 70000 tokens"))
	}
	for _, rule := range []sequence.Rule{sequence.RejectionRule(), sequence.TypicalRule(0.3, 0.09)} {
		t.Run(rule.Name, func(t *testing.T) {
			props.TestVerifier(t, rule.Verifier(), opts...)
		})
	}
}

// Both operations of this verifier take what they should refuse. The report names the first.
func TestAReportNamesTheSameOperationEveryTime(t *testing.T) {
	careless := sequence.RejectionRule().Verifier()
	careless.Verify = func(dst [][]int, drafts []sequence.Draft, _ [][]float64) error {
		for s := range drafts {
			dst[s] = []int{0}
		}
		return nil
	}
	careless.Draw = func(dst [][]int, drafts []sequence.Draft, _ rand.Source) error {
		return careless.Verify(dst, drafts, nil)
	}
	for range 20 {
		result := props.CheckVerifier(careless, props.Only("Verifier/Refuses"), props.UntilBroken(verdict.Should)).Results[0]
		if result.Status != verdict.Broken || !strings.HasPrefix(result.Detail, "Verify: ") {
			t.Fatalf("%s: %s", result.Status, result.Detail)
		}
	}
}
