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

	known []distribution // of the first rows
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

// measured is an operation with what is known of a right answer.
type measured struct {
	operation.Operation
	check func(b *batch, row int, want distribution) error
	err   func(b *batch, row int, want distribution) (ulps float64) // nil for draws
}

var operations = []measured{
	{
		Operation: operation.LogSumExp,
		check: func(b *batch, row int, want distribution) error {
			return want.checkValue(b.values[row], want.lse)
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.valueError(b.values[row], want.lse)
		},
	},
	{
		Operation: operation.LogProbs,
		check: func(b *batch, row int, want distribution) error {
			return want.checkValue(b.values[row], want.logProb(b.tokens[row]))
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.valueError(b.values[row], want.logProb(b.tokens[row]))
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

// bind is the call that lets an implementation answer a batch.
func (op measured) bind(k reference.Kernels, b *batch) func() error {
	if b.p == nil && op.WritesMatrix() {
		b.p = make([]float32, len(b.logits))
	}
	q := operation.Query{Logits: b.logits, Rows: b.Rows, Tokens: b.tokens, U: b.u, Src: b.src, Temperature: b.Temperature}
	return op.Bind(k, q, operation.Destination{Nats: b.values, Probabilities: b.p, Draws: b.drawn})
}
