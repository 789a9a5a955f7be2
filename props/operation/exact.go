package operation

import (
	"slices"

	"temper/fixtures"
)

// Case is one case of the fixtures, for any operation.
type Case struct {
	fixtures.Case
	Query
	Scale     float64                           // of the row: max(largest finite |logit| / T, |LogSumExp|, 1)
	Distances func(rows [][]float64) []Distance // of an answer from the exact one
}

// Distance is the distance of a result from the exact one, in nats.
type Distance struct {
	Nats  float64
	Token int // that it is about, WholeRow for the row
}

// WholeRow stands in the place of a token where a number is about the whole row.
const WholeRow = -1

// caseOf is what the cases of all operations have in common.
func caseOf(c fixtures.Case, in fixtures.Input, scale fixtures.Float) Case {
	return Case{
		Case:  c,
		Query: Query{Logits: in.Matrix(), Rows: in.Rows, Temperature: float64(in.Temperature)},
		Scale: float64(scale),
	}
}

// Row returns the logits of a valid case, which has one row.
func (c Case) Row() []float32 { return c.Logits[:len(c.Logits)/c.Rows] }

// mode is a token with the largest logit.
func (c Case) mode() int {
	row := c.Row()
	return slices.Index(row, slices.Max(row))
}
