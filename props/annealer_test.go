package props_test

import (
	"testing"

	"temper/props"
	"temper/reference"
)

func TestExactAnnealersKeepEveryLaw(t *testing.T) {
	t.Run("enumeration", func(t *testing.T) {
		props.TestSequenceAnnealer(t, reference.AnnealByEnumeration, props.Strict())
	})
	t.Run("transfer", func(t *testing.T) {
		props.TestSequenceAnnealer(t, reference.AnnealByTransfer, props.Strict())
	})
}

func TestSamplersOfAnyModelKeepEveryMustLaw(t *testing.T) {
	t.Run("importance", func(t *testing.T) {
		props.TestSequenceAnnealer(t, reference.AnnealByImportance(50))
	})
	t.Run("particles", func(t *testing.T) {
		props.TestSequenceAnnealer(t, reference.AnnealByParticles(30))
	})
	t.Run("metropolis", func(t *testing.T) {
		props.TestSequenceAnnealer(t, reference.AnnealByMetropolis(60))
	})
}
