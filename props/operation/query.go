package operation

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// Query holds the arguments of an operation: a row-major matrix of logits, rows × vocab,
// and for every row a token or a uniform number. An operation reads the fields that it
// takes.
type Query struct {
	Logits      []float32
	Rows        int
	Tokens      []int
	U           []float64
	Src         rand.Source
	Temperature float64
}

// Destination is the memory that an operation writes its results to. Each operation uses
// one of the three fields.
type Destination struct {
	Nats          []float64
	Probabilities []float32
	Draws         []int
}

// Choose returns a query about some of the rows, in the order given.
func (q Query) Choose(rows ...int) Query {
	vocab := len(q.Logits) / q.Rows
	chosen := Query{Rows: len(rows), Temperature: q.Temperature, Src: q.Src}
	for _, r := range rows {
		chosen.Logits = append(chosen.Logits, q.Logits[r*vocab:(r+1)*vocab]...)
		chosen.Tokens = append(chosen.Tokens, q.Tokens[r])
		chosen.U = append(chosen.U, q.U[r])
	}
	return chosen
}

// EveryWay returns a query that asks several questions about the one row of q: about the
// tokens of [Telling], with u at both ends of [0, 1) and between, or for more draws.
func (op Operation) EveryWay(q Query) Query {
	row := q.Logits
	switch op.Takes {
	case Tokens:
		q.Tokens = Telling(row)
		q.Rows = len(q.Tokens)
	case Uniforms:
		q.U = []float64{0, q.U[0], 1 - 0x1p-53}
		q.Rows = len(q.U)
	case Words:
		q.Rows = 4
	}
	q.Logits = slices.Repeat(row, q.Rows)
	return q
}

// Long is the vocabulary from which on laws ask fewer questions about a row, to save
// time.
const Long = 20000

// Telling returns the tokens of a row that are most likely to show a bug: all tokens of
// a short row, and of a long one both ends, the largest, the smallest and some between.
func Telling(row []float32) []int {
	if len(row) <= 24 {
		all := make([]int, len(row))
		for v := range all {
			all[v] = v
		}
		return all
	}
	smallest, largest := 0, 0
	for i, x := range row {
		if x > row[largest] {
			largest = i
		}
		if x < row[smallest] || isMasked(row[smallest]) {
			smallest = i
		}
	}
	if len(row) >= Long {
		return []int{largest, len(row) / 3, len(row) - 1}
	}
	return []int{0, largest, smallest, len(row) / 3, len(row) / 2, len(row) - 2, len(row) - 1}
}

// What every element of a result is before the call: a NaN that no
// computation makes, and a token that is none.
var untouched = float64(untouched32)

var untouched32 = math.Float32frombits(0x7fd12345)

const untouchedToken = -123

// IsUntouched reports whether an element of a result still has the value that
// [Operation.Destination] gave it.
func IsUntouched(x float64) bool {
	return math.Float64bits(x) == math.Float64bits(untouched) || x == untouchedToken
}

// Destination returns memory for the results of a query, filled with values that show
// whether they were overwritten.
func (op Operation) Destination(q Query) Destination {
	switch op.Returns {
	case Probabilities:
		return Destination{Probabilities: slices.Repeat([]float32{untouched32}, len(q.Logits))}
	case Draws:
		return Destination{Draws: slices.Repeat([]int{untouchedToken}, q.Rows)}
	}
	return Destination{Nats: slices.Repeat([]float64{untouched}, q.Rows)}
}

// Rows returns the results for each row as numbers: a whole distribution, or one number.
func (op Operation) Rows(q Query, dst Destination) [][]float64 {
	switch op.Returns {
	case Probabilities:
		return Columns(dst.Probabilities, max(1, len(q.Logits)/max(1, q.Rows)))
	case Draws:
		return Columns(dst.Draws, 1)
	}
	return Columns(dst.Nats, 1)
}

// Columns cuts numbers into rows of the given width.
func Columns[E int | float32 | float64](dst []E, width int) [][]float64 {
	rows := make([][]float64, 0, len(dst))
	for row := range slices.Chunk(dst, width) {
		numbers := make([]float64, len(row))
		for i, x := range row {
			numbers[i] = float64(x)
		}
		rows = append(rows, numbers)
	}
	return rows
}

// Ask calls the operation and returns its results for every row, and its error.
func (op Operation) Ask(k reference.Kernels, q Query) ([][]float64, error) {
	dst := op.Destination(q)
	err := op.Call(k, q, dst)
	return op.Rows(q, dst), err
}

// Answer calls the operation on good rows and returns its results. It returns an error
// if the operation does, if a result was not written, or if a token is outside the
// vocabulary.
func (op Operation) Answer(k reference.Kernels, q Query) ([][]float64, error) {
	rows, err := op.Ask(k, q)
	if err != nil {
		return nil, fmt.Errorf("%s refused good rows: %w", op.Name, err)
	}
	for r, row := range rows {
		for _, x := range row {
			if IsUntouched(x) && (!op.Numeric() || x != x) {
				return nil, fmt.Errorf("%s: %s: %w", op.Name, op.asked(q, r), ErrUnwritten)
			}
			if !op.Numeric() {
				if err := reference.CheckToken(int(x), len(q.Logits)/q.Rows); err != nil {
					return nil, fmt.Errorf("%s: %w", op.asked(q, r), err)
				}
			}
		}
	}
	return rows, nil
}

// ErrUnwritten is the finding that an operation has left a place of its result as it was, and
// returned no error.
var ErrUnwritten = errors.New("returned no error and wrote nothing")

// asked names a row of a query and what it is asked. Rows that are all alike are one, asked
// several times.
func (op Operation) asked(q Query, row int) string {
	vocab := len(q.Logits) / q.Rows
	shown := 0
	for i, x := range q.Logits {
		if math.Float32bits(x) != math.Float32bits(q.Logits[i%vocab]) {
			shown = row
			break
		}
	}
	switch op.Takes {
	case Tokens:
		return fmt.Sprintf("row %d, token %d", shown, q.Tokens[row])
	case Uniforms:
		return fmt.Sprintf("row %d, u = %v", shown, q.U[row])
	}
	return fmt.Sprintf("row %d", shown)
}
