package props_test

import (
	"testing"

	"temper/props"
	"temper/reference/sequence"
)

func TestExactAnnealersKeepEveryLaw(t *testing.T) {
	t.Run("enumeration", func(t *testing.T) {
		props.TestSequenceAnnealer(t, sequence.AnnealByEnumeration, props.Strict())
	})
	t.Run("transfer", func(t *testing.T) {
		props.TestSequenceAnnealer(t, sequence.AnnealByTransfer, props.Strict())
	})
}

func TestSamplersOfAnyModelKeepEveryMustLaw(t *testing.T) {
	for name, a := range map[string]sequence.SequenceAnnealer{
		"importance": sequence.AnnealByImportance(50),
		"particles":  sequence.AnnealByParticles(30),
		"metropolis": sequence.AnnealByMetropolis(60),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const elsewhere = "with fewer proposals in TestSamplersOfAnyModelAreExactWhereLocalPartitionsAreAlike"
			props.TestSequenceAnnealer(t, a, props.Skip("Annealer/Fine", elsewhere), props.Skip("Annealer/Ends", elsewhere))
		})
	}
}

func TestSamplersOfAnyModelAreExactWhereLocalPartitionsAreAlike(t *testing.T) {
	for name, a := range map[string]sequence.SequenceAnnealer{
		"importance": sequence.AnnealByImportance(2),
		"particles":  sequence.AnnealByParticles(2),
		"metropolis": sequence.AnnealByMetropolis(2),
	} {
		t.Run(name, func(t *testing.T) {
			props.TestSequenceAnnealer(t, a, props.Only("Annealer/Fine"))
			props.TestSequenceAnnealer(t, a, props.Only("Annealer/Ends"))
		})
	}
}

func TestTheAnnealedSequenceKeepsTheLawsOfModels(t *testing.T) {
	m, err := sequence.NewMarkov(3, 1, 2, 0.5, [][]int{{0, 1, 0, 2}, {1, 1, 1, 0, 2}})
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []int{9, sequence.Unlimited} {
		annealed, err := sequence.NewAnnealedMarkov(m, 2, length, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		props.TestModel(t, annealed, props.Strict())
	}
}
