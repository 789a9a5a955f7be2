package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// query is what an operation is asked: a matrix of logits, and for every row a
// token (LogProbs) and a uniform number (Sample); src is Draw's.
type query struct {
	logits      []float32
	rows        int
	tokens      []int
	u           []float64
	src         rand.Source
	temperature float64
}

// query asks about every row of the batch, the tokens and the uniform numbers
// drawn from its seed.
func (b batch) query() query {
	r := rand.New(b.source(0))
	q := query{logits: b.logits(), rows: len(b.rows), temperature: b.temperature, src: b.source(1)}
	for _, row := range b.rows {
		q.tokens = append(q.tokens, r.IntN(len(row)))
		q.u = append(q.u, r.Float64())
	}
	return q
}

// choose asks about some of the rows, in the order given.
func (q query) choose(rows ...int) query {
	vocab := len(q.logits) / q.rows
	chosen := query{rows: len(rows), temperature: q.temperature, src: q.src}
	for _, r := range rows {
		chosen.logits = append(chosen.logits, q.logits[r*vocab:(r+1)*vocab]...)
		chosen.tokens = append(chosen.tokens, q.tokens[r])
		chosen.u = append(chosen.u, q.u[r])
	}
	return chosen
}

// What every place of an answer holds before the question: a NaN that no
// computation makes, and a token that is none.
var untouched = float64(untouched32)

var untouched32 = math.Float32frombits(0x7fd12345)

const untouchedToken = -123

func isUntouched(x float64) bool {
	return math.Float64bits(x) == math.Float64bits(untouched) || x == untouchedToken
}

// operation is one field of Kernels, asked like the others: the answer has one
// row of numbers for each row of logits, a whole distribution from Anneal, one
// number from the others.
type operation struct {
	name     string
	numeric  bool // answers in floating point, so that NaN can say "no answer"
	needsHot bool // has no value at T = 0
	provided func(reference.Kernels) bool
	ask      func(k reference.Kernels, q query) ([][]float64, error)
}

// field is what a law about the operation applies to.
func (op operation) field() string { return "Kernels." + op.name }

// domain is where every implementation of the operation has an answer.
func (op operation) domain() domain {
	if op.needsHot {
		return mustAbove0
	}
	return mustDomain
}

var logSumExpOp = operation{
	name: "LogSumExp", numeric: true, needsHot: true,
	provided: func(k reference.Kernels) bool { return k.LogSumExp != nil },
	ask: func(k reference.Kernels, q query) ([][]float64, error) {
		dst := slices.Repeat([]float64{untouched}, q.rows)
		err := k.LogSumExp(dst, q.logits, q.temperature)
		return columns(dst, 1), err
	},
}

var logProbsOp = operation{
	name: "LogProbs", numeric: true,
	provided: func(k reference.Kernels) bool { return k.LogProbs != nil },
	ask: func(k reference.Kernels, q query) ([][]float64, error) {
		dst := slices.Repeat([]float64{untouched}, q.rows)
		err := k.LogProbs(dst, q.logits, q.tokens, q.temperature)
		return columns(dst, 1), err
	},
}

var annealOp = operation{
	name: "Anneal", numeric: true,
	provided: func(k reference.Kernels) bool { return k.Anneal != nil },
	ask: func(k reference.Kernels, q query) ([][]float64, error) {
		dst := slices.Repeat([]float32{untouched32}, len(q.logits))
		err := k.Anneal(dst, q.logits, q.rows, q.temperature)
		return columns(dst, max(1, len(q.logits)/max(1, q.rows))), err
	},
}

var sampleOp = operation{
	name:     "Sample",
	provided: func(k reference.Kernels) bool { return k.Sample != nil },
	ask: func(k reference.Kernels, q query) ([][]float64, error) {
		dst := slices.Repeat([]int{untouchedToken}, q.rows)
		err := k.Sample(dst, q.logits, q.u, q.temperature)
		return columns(dst, 1), err
	},
}

var drawOp = operation{
	name:     "Draw",
	provided: func(k reference.Kernels) bool { return k.Draw != nil },
	ask: func(k reference.Kernels, q query) ([][]float64, error) {
		dst := slices.Repeat([]int{untouchedToken}, q.rows)
		err := k.Draw(dst, q.logits, q.src, q.temperature)
		return columns(dst, 1), err
	},
}

// operations are all five, exact the four whose answers are determined to the
// last bit by their arguments.
func operations() []operation {
	return []operation{logSumExpOp, logProbsOp, annealOp, sampleOp, drawOp}
}

func exactOperations() []operation {
	return []operation{logSumExpOp, logProbsOp, annealOp, sampleOp}
}

// columns cuts an answer into rows of numbers.
func columns[E int | float32 | float64](dst []E, width int) [][]float64 {
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

// answer asks about good rows: an error, a place left as it was, and a token
// outside the vocabulary are findings.
func (op operation) answer(k reference.Kernels, q query) ([][]float64, error) {
	rows, err := op.ask(k, q)
	if err != nil {
		return nil, fmt.Errorf("%s refused good rows: %w", op.name, err)
	}
	for r, row := range rows {
		for _, x := range row {
			if isUntouched(x) && (!op.numeric || x != x) {
				return nil, fmt.Errorf("%s left row %d unanswered without an error", op.name, r)
			}
			if !op.numeric {
				if err := reference.CheckToken(int(x), len(q.logits)/q.rows); err != nil {
					return nil, fmt.Errorf("row %d: %w", r, err)
				}
			}
		}
	}
	return rows, nil
}

// logSumExpOf asks for the log-sum-exp of one good row.
func logSumExpOf(k reference.Kernels, row []float32, temperature float64) (float64, error) {
	rows, err := logSumExpOp.answer(k, query{logits: slices.Clone(row), rows: 1, temperature: temperature})
	if err != nil {
		return 0, err
	}
	return rows[0][0], nil
}

// annealOf asks for the annealed softmax of one good row.
func annealOf(k reference.Kernels, row []float32, temperature float64) ([]float64, error) {
	rows, err := annealOp.answer(k, query{logits: slices.Clone(row), rows: 1, temperature: temperature})
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// logProbsOf asks for the log-probabilities of some tokens of one good row.
func logProbsOf(k reference.Kernels, row []float32, tokens []int, temperature float64) ([]float64, error) {
	q := query{logits: slices.Repeat(row, len(tokens)), rows: len(tokens), tokens: tokens, temperature: temperature}
	rows, err := logProbsOp.answer(k, q)
	if err != nil {
		return nil, err
	}
	return slices.Concat(rows...), nil
}

// sampleOf asks which tokens of one good row the uniform numbers give.
func sampleOf(k reference.Kernels, row []float32, temperature float64, u ...float64) ([]int, error) {
	q := query{logits: slices.Repeat(row, len(u)), rows: len(u), u: u, temperature: temperature}
	rows, err := sampleOp.answer(k, q)
	if err != nil {
		return nil, err
	}
	tokens := make([]int, len(u))
	for i, answer := range rows {
		tokens[i] = int(answer[0])
	}
	return tokens, nil
}

// long is the vocabulary from which on a law asks fewer questions of a row.
const long = 20000

// telling are the tokens worth asking LogProbs about: all of a short row, and of
// a long one both ends, the largest, the smallest and some between.
func telling(row []float32) []int {
	if len(row) <= 24 {
		return upTo(len(row))
	}
	smallest, largest := 0, 0
	for i, x := range row {
		if x > row[largest] {
			largest = i
		}
		if x < row[smallest] || math.IsInf(float64(row[smallest]), -1) {
			smallest = i
		}
	}
	if len(row) >= long {
		return []int{largest, len(row) / 3, len(row) - 1}
	}
	return []int{0, largest, smallest, len(row) / 3, len(row) / 2, len(row) - 2, len(row) - 1}
}

// upTo is 0, 1, …, n−1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func isMasked(x float32) bool { return math.IsInf(float64(x), -1) }
