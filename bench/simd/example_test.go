package simd_test

import (
	"fmt"

	"temper/bench/simd"
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
