package simd_test

import (
	"fmt"

	"temper/bench/simd"
	"temper/reference"
)

func ExampleBest() {
	logits := []float32{2, 1, 0}
	logp := make([]float64, 1)
	err := simd.Best[float32]().LogProbs(logp, logits, []int{0}, 1)
	fmt.Printf("%.4f %v\n", logp[0], err)
	// Output: -0.4076 <nil>
}

func ExampleBest_bfloat16() {
	logits := []simd.BFloat16{0x4000, 0x3F80, 0} // 2, 1 and 0
	logp := make([]float64, 1)
	err := simd.Best[simd.BFloat16]().LogProbs(logp, logits, []int{0}, 1)
	fmt.Printf("%.4f %v\n", logp[0], err)
	// Output: -0.4076 <nil>
}

func ExampleBestSampler() {
	llamaCpp := reference.Convention{Order: []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}}
	logits := []float32{
		3, 2, 1, 0,
		0, 1, 2, 3,
	}
	how := []reference.Sampling{{Temperature: .8, TopK: 2}, {Temperature: .8, TopP: .5}}
	kept := make([]bool, len(logits))
	err := simd.BestSampler(llamaCpp).Keep(kept, logits, how)
	fmt.Println(kept[:4], kept[4:], err)
	// Output: [true true false false] [false false false true] <nil>
}
