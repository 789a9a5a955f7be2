package bench

import (
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"temper/bench/simd"
)

// A mover touches the bytes of part of a batch as an operation has to and
// computes next to nothing: it shows what the memory allows.
type mover struct {
	name string
	move func(b *batch, from, to int)
}

// movers are the ways to touch the bytes: to read the logits, or to write as many
// too.
func movers(writes bool) []mover {
	var all []mover
	if writes {
		for _, c := range simd.Copiers() {
			all = append(all, mover{c.Name, func(b *batch, from, to int) { c.Copy(b.p[from:to], b.logits[from:to]) }})
		}
		return all
	}
	for _, r := range simd.Readers() {
		all = append(all, mover{r.Name, func(b *batch, from, to int) { r.Read(b.logits[from:to]) }})
	}
	return all
}

// touch moves a batch with as many threads as operations may use, where it exceeds
// every cache. Smaller ones are moved by a direct call: 38 logits take less time
// than the start of a thread, or than asking how many threads there may be.
func (m mover) touch(b *batch) {
	size := len(b.logits)
	if size < 1<<22 {
		m.move(b, 0, size)
		return
	}
	threads := runtime.GOMAXPROCS(0)
	var others sync.WaitGroup
	for i := range threads - 1 {
		others.Go(func() { m.move(b, i*size/threads, (i+1)*size/threads) })
	}
	m.move(b, (threads-1)*size/threads, size)
	others.Wait()
}

// limit is the time in nanoseconds that the memory takes for one batch: that of the
// fastest mover.
func (op measured) limit(batches []*batch) float64 {
	least := math.Inf(1)
	for _, m := range movers(op.WritesMatrix()) {
		least = min(least, m.fastest(batches))
	}
	return least
}

// fastest is the least time for one batch, in nanoseconds, over some turns round
// all of them. A turn goes round so often that reading the clock does not count.
func (m mover) fastest(batches []*batch) float64 {
	const turns, atLeast = 5, time.Millisecond
	least := math.Inf(1)
	for rounds, turn := 1, 0; turn < turns; {
		start := time.Now()
		for range rounds {
			for _, b := range batches {
				m.touch(b)
			}
		}
		took := time.Since(start)
		if took < atLeast {
			rounds *= 2
			continue
		}
		least = min(least, float64(took.Nanoseconds())/float64(rounds*len(batches)))
		turn++
	}
	return least
}

// RunRead times every reader on the workloads: the roofline that %limit refers to,
// for operations that write less than they read.
func RunRead(b *testing.B) { runMovers(b, false) }

// RunCopy times every copier on the workloads: the same roofline for Anneal.
func RunCopy(b *testing.B) { runMovers(b, true) }

func runMovers(b *testing.B, writes bool) {
	for _, w := range Selected() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			for _, m := range movers(writes) {
				b.Run("impl="+m.name, func(b *testing.B) { m.time(b, batches, writes) })
			}
		})
	}
}

func (m mover) time(b *testing.B, batches []*batch, writes bool) {
	for _, batch := range batches {
		if writes && batch.p == nil {
			batch.p = make([]float32, len(batch.logits))
		}
		m.touch(batch) // fresh memory is slow at the first touch
	}
	logits := len(batches[0].logits)
	b.SetBytes(moved(logits, writes))
	for i := 0; b.Loop(); i++ {
		if i == len(batches) {
			i = 0
		}
		m.touch(batches[i])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(logits), "ns/logit")
}
