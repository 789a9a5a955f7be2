package bench

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"temper/bench/simd"
)

// limit is the time in nanoseconds that the memory takes for one batch.
func (op operation) limit(batches []*batch) float64 {
	if op.writes {
		return fastest(batches, func(b *batch) { inParts(b.logits, func(from, to int) { copy(b.p[from:to], b.logits[from:to]) }) })
	}
	least := math.Inf(1)
	for _, r := range simd.Readers() {
		least = min(least, fastest(batches, func(b *batch) { readInParts(r, b.logits) }))
	}
	return least
}

func readInParts(r simd.Reader, logits []float32) {
	inParts(logits, func(from, to int) { r.Read(logits[from:to]) })
}

// inParts touches logits with as many threads as operations may use, where they
// exceed every cache.
func inParts(logits []float32, touch func(from, to int)) {
	threads := runtime.GOMAXPROCS(0)
	if len(logits) < 1<<22 {
		threads = 1
	}
	var others sync.WaitGroup
	for i := range threads - 1 {
		others.Go(func() { touch(i*len(logits)/threads, (i+1)*len(logits)/threads) })
	}
	touch((threads-1)*len(logits)/threads, len(logits))
	others.Wait()
}

// fastest is the least time of a touch, in nanoseconds, over some turns round
// the batches.
func fastest(batches []*batch, touch func(b *batch)) float64 {
	const turns, atLeast = 5, time.Millisecond
	least := math.Inf(1)
	for range turns {
		n, start := 0, time.Now()
		for took := time.Duration(0); took < atLeast; took = time.Since(start) {
			for _, b := range batches {
				touch(b)
			}
			n += len(batches)
		}
		least = min(least, float64(time.Since(start).Nanoseconds())/float64(n))
	}
	return least
}

// RunRead times every reader on the workloads, and RunCopy times copy: the
// rooflines that %limit refers to.
func RunRead(b *testing.B) {
	for _, w := range Selected() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, r := range simd.Readers() {
				b.Run("impl="+r.Name, func(b *testing.B) {
					roofline(b, batches, 4, func(batch *batch) { readInParts(r, batch.logits) })
				})
			}
		})
	}
}

// RunCopy works like RunRead.
func RunCopy(b *testing.B) {
	for _, w := range Selected() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, batch := range batches {
				batch.p = make([]float32, len(batch.logits))
			}
			b.Run("impl=copy", func(b *testing.B) {
				roofline(b, batches, 8, func(batch *batch) {
					inParts(batch.logits, func(from, to int) { copy(batch.p[from:to], batch.logits[from:to]) })
				})
			})
		})
	}
}

func roofline(b *testing.B, batches []*batch, bytesEach int64, touch func(b *batch)) {
	for _, batch := range batches {
		touch(batch) // fresh memory is slow at the first touch
	}
	logits := len(batches[0].logits)
	b.SetBytes(bytesEach * int64(logits))
	for i := 0; b.Loop(); i++ {
		touch(batches[i%len(batches)])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(logits), "ns/logit")
}
