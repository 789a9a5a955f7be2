package props_test

import (
	"testing"

	"temper/props"
	"temper/reference/sequence"
)

func rules() []sequence.Rule {
	return []sequence.Rule{
		sequence.RejectionRule(), sequence.OneHotRule(), sequence.SamplerMatchRule(), sequence.BlockRule(),
		sequence.TreeRule(1), sequence.TreeRule(0.8), sequence.TypicalRule(0.3, 0.09),
	}
}

func TestReferenceVerifiersKeepEveryLaw(t *testing.T) {
	for _, rule := range rules() {
		t.Run(rule.Name, func(t *testing.T) {
			props.TestVerifier(t, rule.Verifier(), props.Strict())
		})
	}
}
