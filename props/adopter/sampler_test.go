package sampler_test

import (
	"testing"

	"example.com/sampler"
	"temper/props"
	"temper/reference"
)

func sample(dst []int, logits []float32, u []float64, temperature float64) (err error) {
	for r, vocab := 0, len(logits)/max(1, len(dst)); r < len(dst) && err == nil; r++ {
		dst[r], err = sampler.Sample(logits[r*vocab:(r+1)*vocab], temperature, u[r])
	}
	return err
}

func TestSamplerKeepsTheLaws(t *testing.T) {
	props.TestKernels(t, reference.Kernels{Name: "sampler", Available: true, Sample: sample})
}
