package simd_test

import (
	"testing"

	"temper/props"
	"temper/reference"
)

func TestEveryVariantKeepsTheLaws(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) { props.TestKernels(t, k, props.Strict()) })
}
