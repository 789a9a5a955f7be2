package bench

import (
	"testing"
	"time"
	"unsafe"
)

// reader reads every logit once and does next to nothing with them: no operation
// on the same matrix can be faster than the fastest reader.
type reader struct {
	name string
	read func(x []uint64) uint64
}

var readers = []reader{
	{"or", readOr},
	{"sum", readSum},
	{"maximum", readMaximum},
}

func readOr(x []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(x) >= 8; x = x[8:] {
		a |= x[0] | x[4]
		b |= x[1] | x[5]
		c |= x[2] | x[6]
		d |= x[3] | x[7]
	}
	return a | b | c | d
}

func readSum(x []uint64) uint64 {
	var a, b, c, d uint64
	for ; len(x) >= 8; x = x[8:] {
		a += x[0] + x[4]
		b += x[1] + x[5]
		c += x[2] + x[6]
		d += x[3] + x[7]
	}
	return a + b + c + d
}

func readMaximum(x []uint64) uint64 {
	var a, b uint64
	for ; len(x) >= 8; x = x[8:] {
		a = max(a, x[0], x[2], x[4], x[6])
		b = max(b, x[1], x[3], x[5], x[7])
	}
	return max(a, b)
}

// words is the same memory, two logits at a time.
func words(logits []float32) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(logits))), len(logits)/2)
}

// limit is the time in nanoseconds that the memory takes for one batch.
func (op operation) limit(batches []*batch) float64 {
	if op.writes {
		return fastest(batches, func(b *batch) { copy(b.p, b.logits) })
	}
	var sink uint64
	least := 0.0
	for _, r := range readers {
		took := fastest(batches, func(b *batch) { sink += r.read(words(b.logits)) })
		if least == 0 || took < least {
			least = took
		}
	}
	kept = sink
	return least
}

// kept keeps the compiler from leaving the readers out.
var kept uint64

// fastest is the least time of a touch, in nanoseconds, over some turns round
// the batches.
func fastest(batches []*batch, touch func(b *batch)) float64 {
	const turns, atLeast = 5, time.Millisecond
	least := 0.0
	for range turns {
		n, start := 0, time.Now()
		for took := time.Duration(0); took < atLeast; took = time.Since(start) {
			for _, b := range batches {
				touch(b)
			}
			n += len(batches)
		}
		each := float64(time.Since(start).Nanoseconds()) / float64(n)
		if least == 0 || each < least {
			least = each
		}
	}
	return least
}

// RunRead times every reader on the workloads, and RunCopy times copy: the
// rooflines that %limit refers to.
func RunRead(b *testing.B) {
	for _, w := range Workloads() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, r := range readers {
				b.Run("impl="+r.name, func(b *testing.B) {
					var sink uint64
					roofline(b, batches, 4, func(batch *batch) { sink += r.read(words(batch.logits)) })
					kept = sink
				})
			}
		})
	}
}

// RunCopy works like RunRead.
func RunCopy(b *testing.B) {
	for _, w := range Workloads() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, batch := range batches {
				batch.p = make([]float32, len(batch.logits))
			}
			b.Run("impl=copy", func(b *testing.B) {
				roofline(b, batches, 8, func(batch *batch) { copy(batch.p, batch.logits) })
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
