package bench

import (
	"math"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/props/operation"
	"temper/reference"
)

var small = Workload{Vocab: 300, Rows: 3, Logits: "masked", Temperature: .7}

func TestRightAnswersPass(t *testing.T) {
	for _, k := range []reference.Kernels{reference.Scalar, simd.Best()} {
		for _, op := range operations {
			b := newBatch(small, small.Matrix(), 0)
			if err := op.bind(k, b)(); err != nil {
				t.Fatal(err)
			}
			if ulps, err := op.verify(b); err != nil || ulps > 1 {
				t.Errorf("%s of %s: %v", op.Name, k.Name, err)
			}
		}
	}
}

func TestWrongAnswersAreFound(t *testing.T) {
	spoil := map[string]func(b *batch){
		operation.LogSumExp.Name: func(b *batch) { b.values[2] += .01 },
		operation.LogProbs.Name:  func(b *batch) { b.values[2] = math.NaN() },
		operation.Anneal.Name:    func(b *batch) { b.p[2*b.Vocab+10] += .01 },
		operation.Sample.Name:    func(b *batch) { b.drawn[2] = (b.drawn[2] + b.Vocab/2) % b.Vocab },
		operation.Draw.Name:      func(b *batch) { b.drawn[2] = b.Vocab },
	}
	for _, op := range operations {
		b := newBatch(small, small.Matrix(), 0)
		if err := op.bind(reference.Scalar, b)(); err != nil {
			t.Fatal(err)
		}
		spoil[op.Name](b)
		if _, err := op.verify(b); err == nil {
			t.Errorf("%s: a wrong answer in row 2 went through", op.Name)
		}
	}
}

func TestErrorsAreInUlpsOfTheCoarsestNumber(t *testing.T) {
	for _, op := range operations {
		if op.Returns != operation.Nats {
			continue
		}
		b := newBatch(small, small.Matrix(), 0)
		row := b.logits[b.Vocab : 2*b.Vocab]
		b.tokens[1] = slices.Index(row, slices.Max(row))
		if err := op.bind(reference.Scalar, b)(); err != nil {
			t.Fatal(err)
		}
		// The smallest of 300 logits by Zipf's law, −5.7 / 0.7, has an ulp of 2⁻²⁰.
		b.values[1] += 3 * 0x1p-20
		if ulps, err := op.verify(b); err != nil || math.Abs(ulps-3) > 1e-6 {
			t.Errorf("%s: 3 ulps off is %v, %v", op.Name, ulps, err)
		}
	}
}

func TestBatchesOfOneWorkloadAreDifferent(t *testing.T) {
	w := Workload{Vocab: 27, Rows: 4, Logits: "zipf", Temperature: .7}
	batches := w.batches()
	if len(batches) < 2 {
		t.Fatalf("%d batches of %v, want several", len(batches), w)
	}
	for i, b := range batches {
		for j, other := range batches[:i] {
			if slices.Equal(b.logits, other.logits) || slices.Equal(b.u, other.u) || slices.Equal(b.tokens, other.tokens) {
				t.Errorf("batches %d and %d share logits, uniform numbers or tokens", j, i)
			}
		}
	}
}

func TestWorkloadsAreDifferent(t *testing.T) {
	seen := map[Workload]bool{}
	for _, w := range workloads() {
		if seen[w] {
			t.Errorf("%v comes twice", w)
		}
		seen[w] = true
	}
}
