package sequence_test

import (
	"fmt"
	"math"

	"temper/reference/sequence"
)

// Two tokens: after a comes a nine times in ten, after b both alike. Annealing
// the whole sequence prefers what goes on well.
func ExampleAnnealedMarkov() {
	sequences := [][]int{{1, 0}, {1, 1}}
	for range 9 {
		sequences = append(sequences, []int{0, 0})
	}
	sequences = append(sequences, []int{0, 1})
	for range 4 {
		sequences = append(sequences, []int{1, 0}, []int{1, 1})
	}
	model, err := sequence.NewMarkov(2, 1, -1, 0, sequences) // p(a) = 1/2
	if err != nil {
		fmt.Println(err)
		return
	}
	const length, temperature = 2, 0.5
	annealed, err := sequence.NewAnnealedMarkov(model, -1, length, temperature)
	if err != nil {
		fmt.Println(err)
		return
	}
	whole, _, err := sequence.LogProb(annealed, nil, []int{0, 0})
	if err != nil {
		fmt.Println(err)
		return
	}
	steps, err := sequence.PerStep(model, nil, -1, length, temperature)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("P(aa) = %.6f step by step, %.6f as a whole\n", math.Exp(steps[0].LogProb), math.Exp(whole))
	// Output: P(aa) = 0.493902 step by step, 0.613636 as a whole
}
