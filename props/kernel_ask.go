package props

import (
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// query asks about every row of the batch, the tokens and the uniform numbers
// drawn from its seed.
func (b batch) query() operation.Query {
	r := rand.New(b.source(0))
	q := operation.Query{Logits: b.logits(), Rows: len(b.rows), Temperature: b.temperature, Src: b.source(1)}
	for _, row := range b.rows {
		q.Tokens = append(q.Tokens, r.IntN(len(row)))
		q.U = append(q.U, r.Float64())
	}
	return q
}

// ofRow asks the same about one row again and again.
func ofRow(row []float32, times int, temperature float64) operation.Query {
	return operation.Query{Logits: slices.Repeat(row, times), Rows: times, Temperature: temperature}
}

// numbersOf asks everything about one good row, and says which token each number
// is about.
func numbersOf(op operation.Operation, k reference.Kernels, row []float32, t float64) (tokens []int, numbers []float64, err error) {
	q := op.EveryWay(ofRow(row, 1, t))
	rows, err := op.Answer(k, q)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range op.Elements(q, rows) {
		tokens, numbers = append(tokens, e.Token), append(numbers, e.X)
	}
	return tokens, numbers, nil
}

// logSumExpOf asks for the log-sum-exp of one good row.
func logSumExpOf(k reference.Kernels, row []float32, temperature float64) (float64, error) {
	rows, err := operation.LogSumExp.Answer(k, ofRow(row, 1, temperature))
	if err != nil {
		return 0, err
	}
	return rows[0][0], nil
}

// annealOf asks for the annealed softmax of one good row.
func annealOf(k reference.Kernels, row []float32, temperature float64) ([]float64, error) {
	rows, err := operation.Anneal.Answer(k, ofRow(row, 1, temperature))
	if err != nil {
		return nil, err
	}
	return rows[0], nil
}

// logProbsOf asks for the log-probabilities of some tokens of one good row.
func logProbsOf(k reference.Kernels, row []float32, tokens []int, temperature float64) ([]float64, error) {
	q := ofRow(row, len(tokens), temperature)
	q.Tokens = tokens
	rows, err := operation.LogProbs.Answer(k, q)
	if err != nil {
		return nil, err
	}
	return slices.Concat(rows...), nil
}

// sampleOf asks which tokens of one good row the uniform numbers give.
func sampleOf(k reference.Kernels, row []float32, temperature float64, u ...float64) ([]int, error) {
	return tokensAt(operation.Sample, k, row, temperature, u...)
}

// tokensAt is [sampleOf] for any operation that takes uniform numbers.
func tokensAt(op operation.Operation, k reference.Kernels, row []float32, temperature float64, u ...float64) ([]int, error) {
	q := ofRow(row, len(u), temperature)
	q.U = u
	rows, err := op.Answer(k, q)
	if err != nil {
		return nil, err
	}
	tokens := make([]int, len(u))
	for i, answer := range rows {
		tokens[i] = int(answer[0])
	}
	return tokens, nil
}
