package props_test

import (
	"testing"

	"temper/props"
	"temper/reference/sequence"
)

// The other rules share the code that these test, and are among the controls.
func TestReferenceVerifiersKeepEveryLaw(t *testing.T) {
	for _, rule := range []sequence.Rule{sequence.RejectionRule(), sequence.TypicalRule(0.3, 0.09)} {
		t.Run(rule.Name, func(t *testing.T) {
			props.TestVerifier(t, rule.Verifier(), props.Strict())
		})
	}
}
