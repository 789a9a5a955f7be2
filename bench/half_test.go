package bench_test

import (
	"math"
	"slices"
	"testing"

	"temper/bench"
	"temper/bench/simd"
	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// BenchmarkHalfWidth times LogProbs on logits of 16 bits and on the same in
// float32: one row, in the second-level cache, and a matrix that exceeds all
// caches, where half the bytes pay as soon as threads share the memory.
func BenchmarkHalfWidth(b *testing.B) {
	for _, rows := range []int{1, 256} {
		w := bench.Workload{Vocab: 131072, Rows: rows, Logits: "zipf", Temperature: .7}
		b.Run(w.String(), func(b *testing.B) {
			bfloat16, float16, widened := halfWidth(w)
			want, slacks, tokens := make([]float64, w.Rows), make([]float64, w.Rows), make([]int, w.Rows)
			if err := reference.Scalar.LogProbs(want, widened, tokens, w.Temperature); err != nil {
				b.Fatal(err)
			}
			for r, row := range slices.Collect(slices.Chunk(widened, w.Vocab)) {
				slacks[r] = accuracy.Slack(verdict.Should, row, w.Temperature)
			}
			for i, k := range simd.Float32Variants() {
				b.Run("variant="+k.Name, func(b *testing.B) {
					if !k.Available {
						b.Skipf("%s needs %s", k.Name, k.Requires)
					}
					b.Run("format=float32", func(b *testing.B) { timeLogProbs(b, k.LogProbs, widened, tokens, want, slacks, w) })
					b.Run("format=bfloat16", func(b *testing.B) {
						timeLogProbs(b, simd.Variants[simd.BFloat16]()[i].LogProbs, bfloat16, tokens, want, slacks, w)
					})
					b.Run("format=float16", func(b *testing.B) {
						timeLogProbs(b, simd.Variants[simd.Float16]()[i].LogProbs, float16, tokens, want, slacks, w)
					})
				})
			}
		})
	}
}

// timeLogProbs fails where a result is further from the exact one than the bound of a
// careful implementation, and times nothing there.
func timeLogProbs[E simd.Logit](b *testing.B, logProbs func(dst []float64, logits []E, tokens []int, temperature float64) error,
	logits []E, tokens []int, want, slacks []float64, w bench.Workload) {
	got := make([]float64, w.Rows)
	if err := logProbs(got, logits, tokens, w.Temperature); err != nil {
		b.Fatal(err)
	}
	for r := range got {
		if !accuracy.Near(got[r], want[r], slacks[r]) {
			b.Fatalf("wrong, and not timed: row %d is %v, want %v", r, got[r], want[r])
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := logProbs(got, logits, tokens, w.Temperature); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(logits)), "ns/logit")
}

// halfWidth is the workload's matrix cut off to seven bits of fraction, which all
// formats have.
func halfWidth(w bench.Workload) (bfloat16 []simd.BFloat16, float16 []simd.Float16, widened []float32) {
	widened = w.Matrix()
	exact := map[float32]simd.Float16{}
	for bits := range 1 << 16 {
		exact[simd.Float16(bits).Float32()] = simd.Float16(bits)
	}
	bfloat16, float16 = make([]simd.BFloat16, len(widened)), make([]simd.Float16, len(widened))
	for i, x := range widened {
		bfloat16[i] = simd.BFloat16(math.Float32bits(x) >> 16)
		widened[i] = bfloat16[i].Float32()
		float16[i] = exact[widened[i]]
	}
	return bfloat16, float16, widened
}

func TestHalfWidthLogitsAreTheSameInAllFormats(t *testing.T) {
	bfloat16, float16, widened := halfWidth(bench.Workload{Vocab: 50257, Rows: 1, Logits: "zipf", Temperature: .7})
	for i, x := range widened {
		if bfloat16[i].Float32() != x || float16[i].Float32() != x {
			t.Fatalf("logit %d is %v, %v and %v", i, x, bfloat16[i].Float32(), float16[i].Float32())
		}
	}
	if distinct := len(slices.Compact(slices.Sorted(slices.Values(widened)))); distinct < 100 {
		t.Errorf("%d different logits, few", distinct)
	}
}
