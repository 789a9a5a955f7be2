package operation

import (
	"fmt"
	"math"
	"sync"

	"temper/fixtures"
	"temper/props/accuracy"
	"temper/reference"
)

// Anneal computes the annealed softmax, the probabilities of all tokens of each row.
var Anneal = Operation{
	Name:     "Anneal",
	Takes:    Nothing,
	Returns:  Probabilities,
	Provided: func(k reference.Kernels) bool { return k.Anneal != nil },
	Call: func(k reference.Kernels, q Query, dst Destination) error {
		return k.Anneal(dst.Probabilities, q.Logits, q.Rows, q.Temperature)
	},
	Bind: func(k reference.Kernels, q Query, dst Destination) func() error {
		return func() error { return k.Anneal(dst.Probabilities, q.Logits, q.Rows, q.Temperature) }
	},
	Set: func(k *reference.Kernels, call func(Query, Destination) error) {
		k.Anneal = func(dst, logits []float32, rows int, temperature float64) error {
			return call(Query{Logits: logits, Rows: rows, Temperature: temperature}, Destination{Probabilities: dst})
		}
	},
	Says:   func(e Element) string { return fmt.Sprintf("p(%d) = %v", e.Token, e.X) },
	Exact:  accuracy.ExactLogProbs,
	Peaked: peakedProbability,
	Empty:  func(e Element) bool { return e.X == 0 && isMasked(e.Row[e.Token]) },
	Cases:  annealCases,
}

func peakedProbability(e Element) bool {
	switch {
	case !e.atPeak():
		return e.X == 0
	case e.Peak.Count > 1: // the sum is for [Operation.Greedy] to see
		return e.X >= 0
	}
	return math.Abs(e.X-1) < accuracy.ZeroSlack
}

var decodedAnneal = sync.OnceValue(fixtures.Anneal)

// annealCases measures log1p of the relative distance, what rounding to float32
// explains taken off.
func annealCases() []Case {
	var cases []Case
	for _, c := range decodedAnneal() {
		exact := caseOf(c.Case, c.Input, c.Scale)
		exact.Distances = func(rows [][]float64) []Distance {
			var distances []Distance
			for _, want := range c.Want {
				p := float64(want.Value)
				distance := want.Distance(rows[0][want.Token])
				if rounding := p*0x1p-24 + 0x1p-126; !(distance <= rounding) {
					distances = append(distances, Distance{math.Log1p((distance - rounding) / p), want.Token})
				}
			}
			return distances
		}
		cases = append(cases, exact)
	}
	return cases
}
