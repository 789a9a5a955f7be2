package operation

import (
	"math/rand/v2"

	"temper/reference"
)

// Draw draws a token for each row, with random words of a source. How many words it
// uses, and how, is up to the implementation, so that it has no exact cases.
var Draw = Operation{
	Name:     "Draw",
	Takes:    Words,
	Returns:  Draws,
	Provided: func(k reference.Kernels) bool { return k.Draw != nil },
	Call: func(k reference.Kernels, q Query, dst Destination) error {
		return k.Draw(dst.Draws, q.Logits, q.Src, q.Temperature)
	},
	Bind: func(k reference.Kernels, q Query, dst Destination) func() error {
		return func() error { return k.Draw(dst.Draws, q.Logits, q.Src, q.Temperature) }
	},
	Set: func(k *reference.Kernels, call func(Query, Destination) error) {
		k.Draw = func(dst []int, logits []float32, src rand.Source, temperature float64) error {
			return call(Query{Logits: logits, Rows: len(dst), Src: src, Temperature: temperature}, Destination{Draws: dst})
		}
	},
	Peaked: Element.atPeak,
}
