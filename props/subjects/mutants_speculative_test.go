package subjects

import (
	"testing"

	"temper/props"
	"temper/reference/sequence"
)

// The generator that drafts and verifies keeps the laws of generation, whatever the rule.
func TestSpeculativeGenerationKeepsTheLawsOfGenerators(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: a whole suite")
	}
	props.TestGenerator(t, speculating(sequence.BlockRule().Verifier(), 3), props.Strict(),
		props.Skip("Generator/Steps", "seconds; Verifier/Survey bets on the same tokens"))
}

// The parts of the planted bugs, put together rightly.
func TestThePlainSpeculativeGeneratorIsRight(t *testing.T) {
	for _, law := range []string{"Generator/Law", "Generator/End", "Generator/Prompt", "Generator/Greedy"} {
		if err := falseAlarms(props.CheckGenerator(newSpeculative().generate, props.Only(law), props.Seed(1))); err != nil {
			t.Error(err)
		}
	}
}
