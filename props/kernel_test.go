package props_test

import (
	"testing"

	"temper/props"
	"temper/reference"
)

func TestReferenceKeepsEveryLaw(t *testing.T) {
	props.TestKernels(t, reference.Scalar, props.Strict())
}
