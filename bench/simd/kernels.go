package simd

import (
	"math/rand/v2"

	"temper/reference"
)

// Kernels are [reference.Kernels] for logits in the format E, rows × vocab. For logits
// of 16 bits every operation returns the bits and the errors that the same variant
// returns for the logits converted to float32. Anneal's probabilities are float32 in
// memory of their own.
type Kernels[E Logit] struct {
	Name      string
	Requires  string
	Available bool

	LogSumExp func(dst []float64, logits []E, temperature float64) error
	LogProbs  func(dst []float64, logits []E, tokens []int, temperature float64) error
	Anneal    func(dst []float32, logits []E, rows int, temperature float64) error
	Sample    func(dst []int, logits []E, u []float64, temperature float64) error
	Draw      func(dst []int, logits []E, src rand.Source, temperature float64) error
}

// widening returns kernels that convert the logits and call those for float32.
func widening[E Logit](k reference.Kernels) Kernels[E] {
	return Kernels[E]{
		Name: k.Name, Requires: k.Requires, Available: k.Available,
		LogSumExp: func(dst []float64, logits []E, temperature float64) error {
			return k.LogSumExp(dst, widened(logits), temperature)
		},
		LogProbs: func(dst []float64, logits []E, tokens []int, temperature float64) error {
			return k.LogProbs(dst, widened(logits), tokens, temperature)
		},
		Anneal: func(dst []float32, logits []E, rows int, temperature float64) error {
			return k.Anneal(dst, widened(logits), rows, temperature)
		},
		Sample: func(dst []int, logits []E, u []float64, temperature float64) error {
			return k.Sample(dst, widened(logits), u, temperature)
		},
		Draw: func(dst []int, logits []E, src rand.Source, temperature float64) error {
			return k.Draw(dst, widened(logits), src, temperature)
		},
	}
}
