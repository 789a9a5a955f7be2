package sampler_test

import (
	"fmt"

	"temper/props"
	"temper/reference"
)

// The laws need no test: a program checks a value and reads the report, which is
// also text, Markdown, JSON and a badge. This sampler forgets the temperature.
func Example() {
	forgetful := func(dst []int, logits []float32, u []float64, temperature float64) error {
		return sample(dst, logits, u, 1)
	}
	for _, k := range []reference.Kernels{
		{Name: "sampler", Available: true, Sample: sample},
		{Name: "forgetful", Available: true, Sample: forgetful},
	} {
		report := props.CheckKernels(k, props.Seed(1), props.Inputs(20))
		fmt.Println(k.Name, "fails:", report.Err() != nil)
	}
	// Output:
	// sampler fails: false
	// forgetful fails: true
}
