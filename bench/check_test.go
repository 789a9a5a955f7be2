package bench

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

var small = Workload{Vocab: 300, Rows: 3, Logits: "masked", Temperature: .7}

func TestRightAnswersPass(t *testing.T) {
	for _, k := range []reference.Kernels{reference.Scalar, reference.Kernels(simd.Best[float32]())} {
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
	for _, w := range append(workloads(), SelectedCuts()...) {
		if seen[w] {
			t.Errorf("%v comes twice", w)
		}
		seen[w] = true
	}
}

// edge is an implementation whose numbers are off by a share of what Must allows.
// Above 1 it is wrong.
func edge(share float64) reference.Kernels {
	off := func(row []float32, temperature float64) float64 {
		return share * accuracy.Slack(verdict.Must, row, temperature)
	}
	k := reference.Kernels{Name: "edge", Available: true}
	k.LogSumExp = func(dst []float64, logits []float32, temperature float64) error {
		for r, row := range rowsOf(logits, len(dst)) {
			dst[r] = accuracy.ExactLogSumExp(row, temperature) + off(row, temperature)
		}
		return nil
	}
	k.LogProbs = func(dst []float64, logits []float32, tokens []int, temperature float64) error {
		for r, row := range rowsOf(logits, len(dst)) {
			dst[r] = accuracy.ExactLogProbs(row, temperature)[tokens[r]] - off(row, temperature)
		}
		return nil
	}
	k.Anneal = func(dst, logits []float32, rows int, temperature float64) error {
		for r, row := range rowsOf(logits, rows) {
			more := off(row, temperature)
			for v, logp := range accuracy.ExactLogProbs(row, temperature) {
				dst[r*len(row)+v] = float32(math.Exp(logp + more))
			}
		}
		return nil
	}
	k.Sample = func(dst []int, logits []float32, u []float64, temperature float64) error {
		for r, row := range rowsOf(logits, len(dst)) {
			moved := []float64{u[r] + math.Expm1(off(row, temperature))}
			if err := reference.Scalar.Sample(dst[r:r+1], row, moved, temperature); err != nil {
				return err
			}
		}
		return nil
	}
	return k
}

func rowsOf(logits []float32, rows int) [][]float32 {
	return slices.Collect(slices.Chunk(logits, len(logits)/rows))
}

func TestAnImplementationJustWithinTheBoundOfMustIsTimed(t *testing.T) {
	for _, w := range []Workload{
		{Vocab: 131072, Rows: 1, Logits: "flat", Temperature: .2},
		{Vocab: 50257, Rows: 2, Logits: "zipf", Temperature: .7},
		{Vocab: 38, Rows: 3, Logits: "masked", Temperature: 2},
	} {
		for share, right := range map[float64]bool{.99: true, 1.01: false} {
			for _, op := range operations {
				k := edge(share)
				if !op.Provided(k) {
					continue
				}
				b := newBatch(w, w.Matrix(), 0)
				if op.Takes == operation.Uniforms {
					b.u = beforeBorders(b, share)
				}
				if err := op.bind(k, b)(); err != nil {
					t.Fatal(err)
				}
				if _, err := op.verify(b); (err == nil) != right {
					t.Errorf("%v: %s at %v of the bound: %v", w, op.Name, share, err)
				}
			}
		}
	}
}

// beforeBorders are uniform numbers, one for each row, so far before the end of a
// token's interval that an [edge] of this share gives the next token.
func beforeBorders(b *batch, share float64) []float64 {
	u := make([]float64, b.Rows)
	for r, row := range rowsOf(b.logits, b.Rows) {
		var border reference.Sum
		for _, logp := range accuracy.ExactLogProbs(row, b.Temperature)[:len(row)/2] {
			border.Add(math.Exp(logp))
		}
		u[r] = border.Value() - .999*math.Expm1(share*accuracy.Slack(verdict.Must, row, b.Temperature))
	}
	return u
}

func TestAtZeroAnyOfTheLargestLogitsIsTimed(t *testing.T) {
	w := Workload{Vocab: 3, Rows: 1, Logits: "flat", Temperature: 0}
	last := reference.Kernels{
		Name: "last", Available: true,
		LogProbs: func(dst []float64, _ []float32, tokens []int, _ float64) error {
			dst[0] = math.Inf(-1)
			if tokens[0] == 2 {
				dst[0] = 0
			}
			return nil
		},
		Anneal: func(dst, _ []float32, _ int, _ float64) error { copy(dst, []float32{0, 0, 1}); return nil },
		Sample: func(dst []int, _ []float32, _ []float64, _ float64) error { dst[0] = 2; return nil },
		Draw:   func(dst []int, _ []float32, _ rand.Source, _ float64) error { dst[0] = 2; return nil },
	}
	for _, op := range operations {
		if !op.Provided(last) {
			continue
		}
		for _, logits := range [][]float32{{5, 5, 5}, {5, 5, 0}} {
			b := newBatch(w, logits, 0)
			b.tokens[0] = 2
			if err := op.bind(last, b)(); err != nil {
				t.Fatal(err)
			}
			if _, err := op.verify(b); (err == nil) != (logits[2] == 5) {
				t.Errorf("%s takes the last of %v at T = 0: %v", op.Name, logits, err)
			}
		}
	}
}
