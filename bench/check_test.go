package bench

import (
	"math"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

var small = Workload{Vocab: 300, Rows: 3, Logits: "masked", Temperature: .7}

func TestRightAnswersPass(t *testing.T) {
	for _, k := range []reference.Kernels{reference.Scalar, simd.Best()} {
		for _, op := range operations {
			b := newBatch(small, small.matrix())
			if err := op.call(k, b); err != nil {
				t.Fatal(err)
			}
			if err := op.verify(b); err != nil {
				t.Errorf("%s of %s: %v", op.name, k.Name, err)
			}
		}
	}
}

func TestWrongAnswersAreFound(t *testing.T) {
	spoil := map[string]func(b *batch){
		"LogSumExp": func(b *batch) { b.values[2] += .01 },
		"LogProbs":  func(b *batch) { b.values[2] = math.NaN() },
		"Anneal":    func(b *batch) { b.p[2*b.Vocab+10] += .01 },
		"Sample":    func(b *batch) { b.drawn[2] = (b.drawn[2] + b.Vocab/2) % b.Vocab },
		"Draw":      func(b *batch) { b.drawn[2] = b.Vocab },
	}
	for _, op := range operations {
		b := newBatch(small, small.matrix())
		if err := op.call(reference.Scalar, b); err != nil {
			t.Fatal(err)
		}
		spoil[op.name](b)
		if op.verify(b) == nil {
			t.Errorf("%s: a wrong answer in row 2 went through", op.name)
		}
	}
}

func TestWorkloadsAreDifferent(t *testing.T) {
	seen := map[Workload]bool{}
	for _, w := range Workloads() {
		if seen[w] {
			t.Errorf("%v comes twice", w)
		}
		seen[w] = true
	}
}
