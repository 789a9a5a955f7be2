package sequence_test

import (
	"errors"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// Every sentinel is its own: no error of one kind passes for another.
func TestSentinelsAreDistinct(t *testing.T) {
	all := []error{reference.ErrTemperature, reference.ErrShape, reference.ErrNaN, reference.ErrInf, reference.ErrNoSupport, reference.ErrToken,
		reference.ErrUniform, sequence.ErrSymbol, reference.ErrDistribution, sequence.ErrImpossiblePrefix, sequence.ErrTooManySequences,
		sequence.ErrInfinitePartition, sequence.ErrConvergence, sequence.ErrOrder, reference.ErrNil}
	seen := map[string]bool{}
	for i, e := range all {
		for j, other := range all {
			if errors.Is(e, other) != (i == j) {
				t.Errorf("%v and %v", e, other)
			}
		}
		if seen[e.Error()] {
			t.Errorf("%q is said twice", e)
		}
		seen[e.Error()] = true
	}
}
