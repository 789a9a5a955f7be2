package simd_test

import (
	"testing"

	"temper/bench/simd"
	"temper/props"
	"temper/reference"
)

func TestEveryVariantKeepsTheLaws(t *testing.T) {
	opts := []props.Option{props.Strict()}
	if simd.RaceDetector {
		for _, op := range []string{"LogSumExp", "LogProbs", "Anneal", "Sample", "Draw"} {
			opts = append(opts, props.Skip(op+"/Allocation", "pools drop what they are given under the race detector"))
		}
	}
	eachVariant(t, func(t *testing.T, k reference.Kernels) { props.TestKernels(t, k, opts...) })
}
