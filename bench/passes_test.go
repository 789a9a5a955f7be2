package bench_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"temper/bench"
	"temper/bench/simd"
)

// BenchmarkPasses times Draw with cuts of one row in multiples of LogSumExp of the same row
// by the same variant, which is one pass over the row with one power for each logit. Both
// take turns, and the least time of each counts: on a busy machine it is the one that nobody
// disturbed.
func BenchmarkPasses(b *testing.B) {
	for _, w := range bench.SelectedCuts() {
		if w.Rows > 1 {
			continue
		}
		b.Run(w.String(), func(b *testing.B) {
			logits := w.Matrix()
			asked, how := w.Sampling()
			for i, following := range simd.Samplers() {
				s, k := following(asked), simd.Float32Variants()[i]
				b.Run("impl="+s.Name, func(b *testing.B) {
					if !s.Available {
						b.Skipf("%s needs %s", s.Name, s.Requires)
					}
					drawn, value, src := []int{0}, []float64{0}, rand.NewPCG(1, 2)
					pass, draw := time.Duration(1<<62), time.Duration(1<<62)
					for b.Loop() {
						pass = min(pass, took(b, func() error { return k.LogSumExp(value, logits, w.Temperature) }))
						draw = min(draw, took(b, func() error { return s.Draw(drawn, logits, src, how) }))
					}
					b.ReportMetric(float64(draw)/float64(pass), "passes")
				})
			}
		})
	}
}

// took is the time of some calls.
func took(b *testing.B, call func() error) time.Duration {
	const calls = 8
	start := time.Now()
	for range calls {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(start)
}
