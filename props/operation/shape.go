// Package operation describes each operation of [reference.Kernels] in one value: how to
// call it and how to replace it, its arguments and results, which input is bad, what is
// right at T = 0, and its exact cases. The laws, the benchmarks and the protocol of
// programs read these values, and compare no operation's name.
package operation

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// Vocab returns the length of a row, or [reference.ErrShape] if the lengths of a query
// and its destination do not fit together.
func (op Operation) Vocab(q Query, dst Destination) (int, error) {
	switch {
	case op.Takes == Tokens && len(q.Tokens) != q.Rows:
		return 0, fmt.Errorf("%d tokens for %d rows: %w", len(q.Tokens), q.Rows, reference.ErrShape)
	case op.Takes == Uniforms && len(q.U) != q.Rows:
		return 0, fmt.Errorf("%d uniform numbers for %d rows: %w", len(q.U), q.Rows, reference.ErrShape)
	}
	vocab, err := reference.Vocab(len(q.Logits), q.Rows)
	if err == nil && op.Returns == Probabilities && len(dst.Probabilities) != len(q.Logits) {
		err = fmt.Errorf("%d places for %d logits: %w", len(dst.Probabilities), len(q.Logits), reference.ErrShape)
	}
	return vocab, err
}

// Shaped is a query of certain lengths with its destination.
type Shaped struct {
	Name string
	Query
	Destination
}

// NoRows returns the query without rows and without logits, whose lengths fit.
func (op Operation) NoRows() Shaped { return op.shaped("no logits, no rows", 0, 0) }

// Misfits returns queries whose lengths do not fit together.
func (op Operation) Misfits() []Shaped {
	misfits := []Shaped{op.shaped("6 logits, 4 rows", 6, 4)}
	switch op.Takes {
	case Tokens:
		s := op.shaped("1 token, 2 rows", 6, 2)
		s.Tokens = s.Tokens[:1]
		misfits = append(misfits, s)
	case Uniforms:
		s := op.shaped("1 uniform number, 2 rows", 6, 2)
		s.U = s.U[:1]
		misfits = append(misfits, s)
	}
	if op.Returns == Probabilities { // which says how many rows there are, where the others count places
		s := op.shaped("6 logits, 5 places", 6, 1)
		s.Probabilities = s.Probabilities[:5]
		misfits = append(misfits, s, op.shaped("6 logits, −1 rows", 6, -1))
	}
	return append(misfits, op.shaped("no logits, 1 row", 0, 1), op.shaped("6 logits, no rows", 6, 0))
}

// shaped has arguments and places for so many rows.
func (op Operation) shaped(name string, logits, rows int) Shaped {
	s := Shaped{Name: name, Query: Query{Logits: places[float32](logits), Rows: rows, Temperature: 1}}
	switch op.Takes {
	case Tokens:
		s.Tokens = places[int](rows)
	case Uniforms:
		s.U = places[float64](rows)
	case Words:
		s.Src = rand.NewPCG(1, 2)
	}
	switch op.Returns {
	case Nats:
		s.Nats = places[float64](rows)
	case Probabilities:
		s.Probabilities = places[float32](logits)
	case Draws:
		s.Draws = places[int](rows)
	}
	return s
}

// places is nil where there are none.
func places[E any](n int) []E {
	if n <= 0 {
		return nil
	}
	return make([]E, n)
}
