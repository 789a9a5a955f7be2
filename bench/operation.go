package bench

import (
	"math/rand/v2"

	"temper/props/operation"
	"temper/reference"
)

// batch is the matrix of a workload with one call's other arguments and results.
type batch struct {
	Workload
	logits []float32
	tokens []int
	u      []float64
	src    rand.Source

	values []float64
	drawn  []int
	p      []float32

	exact   []distribution         // of the first rows
	allowed map[string][]allowance // of the first rows, by convention
}

// newBatch draws tokens and uniform numbers of its own for every index.
func newBatch(w Workload, logits []float32, index int) *batch {
	b := &batch{
		Workload: w,
		logits:   logits,
		tokens:   make([]int, w.Rows),
		u:        make([]float64, w.Rows),
		src:      rand.NewPCG(1, uint64(index)),
		values:   make([]float64, w.Rows),
		drawn:    make([]int, w.Rows),
	}
	r := rand.New(rand.NewPCG(2, uint64(index)))
	for i := range w.Rows {
		b.tokens[i], b.u[i] = r.IntN(w.Vocab), r.Float64()
	}
	return b
}

// measured is an operation with the comparisons of its results.
type measured struct {
	operation.Operation
	check func(b *batch, row int, want distribution) error
	err   func(b *batch, row int, want distribution) (ulps float64) // nil for draws
}

var operations = []measured{
	{
		Operation: operation.LogSumExp,
		check: func(b *batch, row int, want distribution) error {
			return want.checkLogSumExp(b.values[row])
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.error(b.values[row], want.lse)
		},
	},
	{
		Operation: operation.LogProbs,
		check: func(b *batch, row int, want distribution) error {
			return want.checkLogProb(b.values[row], b.tokens[row])
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.error(b.values[row], want.logProb(b.tokens[row]))
		},
	},
	{
		Operation: operation.Anneal,
		check: func(b *batch, row int, want distribution) error {
			return want.checkProbabilities(b.p[row*b.Vocab : (row+1)*b.Vocab])
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.probabilityError(b.p[row*b.Vocab : (row+1)*b.Vocab])
		},
	},
	{
		Operation: operation.Sample,
		check: func(b *batch, row int, want distribution) error {
			return want.checkSample(b.drawn[row], b.u[row])
		},
	},
	{
		Operation: operation.Draw,
		check: func(b *batch, row int, want distribution) error {
			return want.checkDraw(b.drawn[row])
		},
	},
}

// query is the question of the whole batch, with the places for its results.
func (b *batch) query() (operation.Query, operation.Destination) {
	return operation.Query{Logits: b.logits, Rows: b.Rows, Tokens: b.tokens, U: b.u, Src: b.src, Temperature: b.Temperature},
		operation.Destination{Nats: b.values, Probabilities: b.p, Draws: b.drawn}
}

// row is the part of query that is about one row.
func (b *batch) row(r int) (operation.Query, operation.Destination) {
	q, dst := b.query()
	q.Logits, q.Rows, q.Tokens, q.U = q.Logits[r*b.Vocab:(r+1)*b.Vocab], 1, q.Tokens[r:r+1], q.U[r:r+1]
	dst.Nats, dst.Draws = dst.Nats[r:r+1], dst.Draws[r:r+1]
	if dst.Probabilities != nil {
		dst.Probabilities = dst.Probabilities[r*b.Vocab : (r+1)*b.Vocab]
	}
	return q, dst
}

// bind returns the call of an implementation on a batch.
func (op measured) bind(k reference.Kernels, b *batch) func() error {
	if b.p == nil && op.WritesMatrix() {
		b.p = make([]float32, len(b.logits))
	}
	q, dst := b.query()
	return op.Bind(k, q, dst)
}
