package bench

import (
	"math/rand/v2"

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

// operation is one field of [reference.Kernels] at work on a batch.
type operation struct {
	name     string
	provided func(k reference.Kernels) bool
	call     func(k reference.Kernels, b *batch) error
	check    func(b *batch, row int, want distribution) error
	err      func(b *batch, row int, want distribution) (ulps float64) // nil for draws
	writes   bool                                                      // as many bytes as it reads
}

var operations = []operation{
	{
		name:     "LogSumExp",
		provided: func(k reference.Kernels) bool { return k.LogSumExp != nil },
		call:     func(k reference.Kernels, b *batch) error { return k.LogSumExp(b.values, b.logits, b.Temperature) },
		check: func(b *batch, row int, want distribution) error {
			return want.checkValue(b.values[row], want.lse)
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.valueError(b.values[row], want.lse)
		},
	},
	{
		name:     "LogProbs",
		provided: func(k reference.Kernels) bool { return k.LogProbs != nil },
		call: func(k reference.Kernels, b *batch) error {
			return k.LogProbs(b.values, b.logits, b.tokens, b.Temperature)
		},
		check: func(b *batch, row int, want distribution) error {
			return want.checkValue(b.values[row], want.logProb(b.tokens[row]))
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.valueError(b.values[row], want.logProb(b.tokens[row]))
		},
	},
	{
		name:     "Anneal",
		provided: func(k reference.Kernels) bool { return k.Anneal != nil },
		call: func(k reference.Kernels, b *batch) error {
			if b.p == nil {
				b.p = make([]float32, len(b.logits))
			}
			return k.Anneal(b.p, b.logits, b.Rows, b.Temperature)
		},
		check: func(b *batch, row int, want distribution) error {
			return want.checkProbabilities(b.p[row*b.Vocab : (row+1)*b.Vocab])
		},
		err: func(b *batch, row int, want distribution) float64 {
			return want.probabilityError(b.p[row*b.Vocab : (row+1)*b.Vocab])
		},
		writes: true,
	},
	{
		name:     "Sample",
		provided: func(k reference.Kernels) bool { return k.Sample != nil },
		call:     func(k reference.Kernels, b *batch) error { return k.Sample(b.drawn, b.logits, b.u, b.Temperature) },
		check: func(b *batch, row int, want distribution) error {
			return want.checkSample(b.drawn[row], b.u[row])
		},
	},
	{
		name:     "Draw",
		provided: func(k reference.Kernels) bool { return k.Draw != nil },
		call:     func(k reference.Kernels, b *batch) error { return k.Draw(b.drawn, b.logits, b.src, b.Temperature) },
		check: func(b *batch, row int, want distribution) error {
			return want.checkDraw(b.drawn[row])
		},
	},
}
