package operation

import (
	"math"
	"slices"
	"sync"

	"temper/fixtures"
	"temper/reference"
)

// Sample computes the inverse of the distribution function: for each row, the token i
// with F(i−1) ≤ u < F(i).
var Sample = Operation{
	Name:     "Sample",
	Takes:    Uniforms,
	Returns:  Draws,
	Provided: func(k reference.Kernels) bool { return k.Sample != nil },
	Call: func(k reference.Kernels, q Query, dst Destination) error {
		return k.Sample(dst.Draws, q.Logits, q.U, q.Temperature)
	},
	Bind: func(k reference.Kernels, q Query, dst Destination) func() error {
		return func() error { return k.Sample(dst.Draws, q.Logits, q.U, q.Temperature) }
	},
	Set: func(k *reference.Kernels, call func(Query, Destination) error) {
		k.Sample = func(dst []int, logits []float32, u []float64, temperature float64) error {
			return call(Query{Logits: logits, Rows: len(dst), U: u, Temperature: temperature}, Destination{Draws: dst})
		}
	},
	Peaked: Element.atPeak,
	Cases:  sampleCases,
}

var decodedSample = sync.OnceValue(fixtures.Sample)

// sampleCases measures the largest distance of a wrong token's u from the interval
// of any token but the right one. The distribution function is that of all tokens,
// so that its unit is that of the largest logit.
func sampleCases() []Case {
	var cases []Case
	for _, c := range decodedSample() {
		exact := caseOf(c.Case, c.Input, c.Scale)
		exact.U = c.U()
		exact.Distances = func(rows [][]float64) []Distance {
			worst := 0.0
			for r, d := range c.Draws {
				if token := int(rows[r][0]); token != d.Token && !slices.Contains(d.Also, token) {
					worst = math.Max(worst, math.Max(float64(d.Margin), 0x1p-60))
				}
			}
			return []Distance{{worst, exact.mode()}}
		}
		cases = append(cases, exact)
	}
	return cases
}
