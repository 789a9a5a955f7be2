package bench_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"temper/bench"
	"temper/bench/simd"
	"temper/bench/sorting"
	"temper/reference"
)

// BenchmarkPasses times Draw with cuts of one row in multiples of LogSumExp of the same
// row, which is one pass over it with one power for each logit, and of many rows in multiples of Draw
// of the same rows without cuts: for a variant its own, for a sampler that sorts the fastest
// variant's. Both take turns, and the least time of each counts: on a busy machine it is the
// one that nobody disturbed.
func BenchmarkPasses(b *testing.B) {
	for _, w := range bench.SelectedCuts() {
		b.Run(w.String(), func(b *testing.B) {
			logits := w.Matrix()
			asked, _ := w.Sampling()
			for _, following := range sorting.Samplers() {
				timePasses(b, w, logits, following(asked), reference.Kernels(simd.Best[float32]()))
			}
			for i, following := range simd.Samplers() {
				timePasses(b, w, logits, following(asked), simd.Float32Variants()[i])
			}
		})
	}
}

func timePasses(b *testing.B, w bench.Workload, logits []float32, s reference.Sampler, k reference.Kernels) {
	b.Run("impl="+s.Name, func(b *testing.B) {
		if !s.Available {
			b.Skipf("%s needs %s", s.Name, s.Requires)
		}
		_, how := w.Sampling()
		drawn, value, src := make([]int, w.Rows), []float64{0}, rand.NewPCG(1, 2)
		unit, whole := "passes", func() error { return k.LogSumExp(value, logits, w.Temperature) }
		if w.Rows > 1 {
			unit, whole = "draws", func() error { return k.Draw(drawn, logits, src, w.Temperature) }
		}
		least, cut := time.Duration(1<<62), time.Duration(1<<62)
		for b.Loop() {
			least = min(least, took(b, whole))
			cut = min(cut, took(b, func() error { return s.Draw(drawn, logits, src, how) }))
		}
		b.ReportMetric(float64(cut)/float64(least), unit)
		b.ReportMetric(float64(cut)/float64(w.Rows), "ns/row")
	})
}

// took is the time of a call, of several where one is short.
func took(b *testing.B, call func() error) time.Duration {
	const atLeast = 100 * time.Microsecond
	start := time.Now()
	for calls := time.Duration(1); ; calls++ {
		if err := call(); err != nil {
			b.Fatal(err)
		}
		if all := time.Since(start); all >= atLeast {
			return all / calls
		}
	}
}
