package bench

import (
	"slices"
	"testing"
)

func TestCopiersMoveAllLogitsOfABatch(t *testing.T) {
	for _, vocab := range []int{38, 1 << 22} { // by one thread, and by all
		b := newBatch(Workload{Vocab: vocab, Rows: 1}, slices.Repeat([]float32{1}, vocab), 0)
		for _, m := range movers(true) {
			b.p = make([]float32, vocab)
			if m.touch(b); !slices.Equal(b.p, b.logits) {
				t.Errorf("%s leaves out some of %d logits", m.name, vocab)
			}
		}
	}
}

// What a roofline of a small row must not measure: the start of threads, which
// allocates.
func TestASmallBatchIsMovedByADirectCall(t *testing.T) {
	b := newBatch(small, small.Matrix(), 0)
	b.p = make([]float32, len(b.logits))
	for _, m := range slices.Concat(movers(false), movers(true)) {
		if allocated := testing.AllocsPerRun(100, func() { m.touch(b) }); allocated != 0 {
			t.Errorf("%s allocates %v times", m.name, allocated)
		}
	}
}
