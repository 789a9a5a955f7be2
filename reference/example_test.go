package reference_test

import (
	"errors"
	"fmt"
	"math"

	"temper/reference"
)

// The less heat, the more the likelier of two tokens takes.
func ExampleAnneal() {
	p := []float64{0.4, 0.6}
	for _, temperature := range []float64{math.Inf(1), 1, 0.5, 0.2, 0} {
		annealed := make([]float64, 2)
		if err := reference.Anneal(annealed, p, temperature); err != nil {
			panic(err)
		}
		fmt.Printf("T = %-4v  %.2f  %.2f\n", temperature, annealed[0], annealed[1])
	}
	// Output:
	// T = +Inf  0.50  0.50
	// T = 1     0.40  0.60
	// T = 0.5   0.31  0.69
	// T = 0.2   0.12  0.88
	// T = 0     0.00  1.00
}

// One batch of logits, two rows of three tokens, one uniform number a row: the
// answer is the token whose interval the number lies in.
func ExampleKernels_sample() {
	logits := []float32{
		0, float32(math.Log(2)), 0, // 1/4, 1/2, 1/4
		float32(math.Inf(-1)), 0, 0, // impossible, 1/2, 1/2
	}
	tokens := make([]int, 2)
	for _, u := range [][]float64{{0, 0}, {0.3, 0.6}, {0.8, 0.4}} {
		if err := reference.Scalar.Sample(tokens, logits, u, 1); err != nil {
			panic(err)
		}
		fmt.Println(u, tokens)
	}
	// Output:
	// [0 0] [0 1]
	// [0.3 0.6] [1 2]
	// [0.8 0.4] [2 1]
}

// A bad row spoils only itself: the others are answered, and the error names it.
func ExampleRowErrors() {
	nan := float32(math.NaN())
	logits := []float32{0, 0, nan, 0, 0, 0}
	dst := make([]float64, 3)
	err := reference.Scalar.LogSumExp(dst, logits, 1)
	fmt.Printf("%.3f\n%v\n", dst, err)
	fmt.Println(errors.Is(err, reference.ErrNaN))
	var bad reference.RowErrors
	if errors.As(err, &bad) {
		fmt.Println("row", bad[0].Row)
	}
	// Output:
	// [0.693 0.000 0.693]
	// row 1: logit 0: NaN
	// true
	// row 1
}

func ExampleScalarSampler() {
	row, how := []float32{3, 2, 1}, []reference.Sampling{{Temperature: .5, TopP: .8}}
	for _, order := range [][]reference.Step{{reference.Temper, reference.TopP}, {reference.TopP, reference.Temper}} {
		keep := make([]bool, len(row))
		err := reference.ScalarSampler(reference.Convention{Order: order}).Keep(keep, row, how)
		fmt.Println(order, keep, err)
	}
	// Output:
	// [Temper TopP] [true false false] <nil>
	// [TopP Temper] [true true false] <nil>
}
