package bench

import (
	"math"
	"strings"
	"testing"

	"temper/reference"
)

// Run times the operation that the benchmark is named after, BenchmarkSample
// for example, or all of them under another name, on the [Selected] workloads.
// The first implementation is the baseline. What an implementation does not
// provide is left out; where it is not available it is skipped.
//
// An implementation is held against the reference on the very matrix that it is
// timed on, and fails there if it is wrong.
//
// Besides the time per call there are ns/logit; %limit, the time that the fastest
// way to read the matrix takes (Anneal: to copy it) in percent of the time that was
// needed, measured just before; and ulps, the largest error on the matrix in
// float32 ulps of max(largest finite |logit| / T, |LogSumExp|, 1).
func Run(b *testing.B, impls ...reference.Kernels) {
	single := strings.TrimPrefix(b.Name(), "Benchmark")
	for _, op := range operations {
		if op.Name == single {
			op.run(b, impls)
			return
		}
	}
	for _, op := range operations {
		b.Run("op="+op.Name, func(b *testing.B) { op.run(b, impls) })
	}
}

func (op measured) run(b *testing.B, impls []reference.Kernels) {
	for _, w := range Selected() {
		if w.Temperature == 0 && op.NoZero {
			continue // there is none
		}
		if w.Logits == "masked" && math.IsInf(w.Temperature, 1) && !op.WritesMatrix() {
			continue // rivals divide by T, and −Inf / ∞ is NaN; Anneal has no rival
		}
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, k := range impls {
				if op.Provided(k) {
					b.Run("impl="+k.Name, func(b *testing.B) { op.time(b, batches, k) })
				}
			}
		})
	}
}

// time lets an implementation go round the batches.
func (op measured) time(b *testing.B, batches []*batch, k reference.Kernels) {
	if !k.Available {
		b.Skipf("%s needs %s", k.Name, k.Requires)
	}
	calls, ulps := verified(b, k.Name, batches, func(batch *batch) func() error { return op.bind(k, batch) }, op.verify)
	goRound(b, batches, calls, op)
	if op.err != nil {
		b.ReportMetric(ulps, "ulps")
	}
}

// verified returns the calls of an implementation on the batches, each made once and
// verified, and the largest error.
func verified(b *testing.B, name string, batches []*batch, bind func(*batch) func() error, verify func(*batch) (ulps float64, err error)) (calls []func() error, worst float64) {
	for _, batch := range batches {
		call := bind(batch)
		err := call()
		var ulps float64
		if err == nil {
			ulps, err = verify(batch)
		}
		if err != nil {
			b.Fatalf("%s is wrong and not timed: %v", name, err)
		}
		calls, worst = append(calls, call), math.Max(worst, ulps)
	}
	return calls, worst
}

// goRound times the calls in turn. op says what has to move.
func goRound(b *testing.B, batches []*batch, calls []func() error, op measured) {
	limit := op.limit(batches)
	logits := batches[0].Vocab * batches[0].Rows
	b.SetBytes(moved(logits, op.WritesMatrix()))
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i == len(calls) {
			i = 0
		}
		if err := calls[i](); err != nil {
			b.Fatal(err)
		}
	}
	each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(each/float64(logits), "ns/logit")
	b.ReportMetric(100*limit/each, "%limit")
}

// moved is how many bytes have to move, at least.
func moved(logits int, writes bool) int64 {
	if writes {
		return 8 * int64(logits)
	}
	return 4 * int64(logits)
}

// batches are several different matrices of the workload, up to sixteen of them
// in 256 KiB. On a single small one the branch predictor would learn the results.
func (w Workload) batches() []*batch {
	const cache, most = 1 << 18, 16
	many := w
	many.Rows *= min(max(cache/(4*w.Rows*w.Vocab), 1), most)
	logits := many.Matrix()
	var all []*batch
	for size := w.Rows * w.Vocab; len(logits) > 0; logits = logits[size:] {
		all = append(all, newBatch(w, logits[:size:size], len(all)))
	}
	return all
}
