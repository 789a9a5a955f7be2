package sequence_test

import (
	"slices"
	"testing"

	"temper/reference"
	"temper/reference/sequence"
)

// models is one of each kind over three tokens, none of which ends at 2.
func models() map[string]sequence.Model {
	return map[string]sequence.Model{
		"Joint":       smallTable(),
		"Markov":      must(sequence.NewMarkov(3, 1, -1, 0.5, writing)),
		"FeedForward": smallNetwork(3, -1).model(),
	}
}

func TestEveryModelRefusesQueriesThatDoNotFitItsVocabulary(t *testing.T) {
	for name, m := range models() {
		for _, places := range []int{0, 2, 4} {
			assertError(t, name, m.LogConditional(make([]float64, places), nil), reference.ErrShape)
		}
		for _, prefix := range [][]int{{3}, {-1}, {0, 3}, {sequence.Begin, 0}} {
			assertError(t, name, m.LogConditional(make([]float64, 3), prefix), reference.ErrToken)
		}
	}
	logits := make([]float64, 2)
	assertError(t, "Logits", smallNetwork(3, -1).model().Logits(logits, nil), reference.ErrShape)
}

func TestTablesEndAtTheirLengthAndHaveNoImpossibleContinuation(t *testing.T) {
	dst := make([]float64, 3)
	for _, prefix := range [][]int{{2}, {0, 0}, {1, 0, 0}} {
		assertError(t, "Joint", smallTable().LogConditional(dst, prefix), sequence.ErrImpossiblePrefix)
	}
}

func TestAfterEndNeitherMarkovNorNetworkGoesOn(t *testing.T) {
	for name, m := range map[string]sequence.Model{
		"Markov":      must(sequence.NewMarkov(3, 1, 2, 0.5, writing)),
		"FeedForward": smallNetwork(3, 2).model(),
	} {
		for _, prefix := range [][]int{{2}, {2, 0}, {0, 2, 1, 1}} {
			assertError(t, name, m.LogConditional(make([]float64, 3), prefix), sequence.ErrImpossiblePrefix)
		}
	}
}

func TestModelsNeitherChangeNorKeepThePrefix(t *testing.T) {
	for name, m := range models() {
		prefix := []int{0}
		before := conditional(m, prefix...)
		if prefix[0] != 0 {
			t.Errorf("%s changes the prefix to %v", name, prefix)
		}
		prefix[0] = 1
		if other := conditional(m, 1); slices.Equal(before, other) {
			t.Errorf("%s gives %v after a and after b", name, before)
		}
		if again := conditional(m, 0); !slices.Equal(before, again) {
			t.Errorf("%s gives %v, then %v", name, before, again)
		}
	}
}
