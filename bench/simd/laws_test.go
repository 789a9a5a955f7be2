package simd_test

import (
	"testing"

	"temper/bench/simd"
	"temper/props"
	"temper/props/operation"
	"temper/reference"
)

func TestEveryVariantKeepsTheLaws(t *testing.T) {
	opts := []props.Option{props.Strict()}
	if simd.RaceDetector {
		for _, op := range operation.All() {
			opts = append(opts, props.Skip(op.Name+"/Allocation", "pools drop what they are given under the race detector"))
		}
	}
	eachVariant(t, func(t *testing.T, k reference.Kernels) { props.TestKernels(t, k, opts...) })
}
