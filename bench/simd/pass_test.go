package simd

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Chunks are added up several at a time, until one of them does not fit: here because of
// a logit far above the first one, at a random place.
func TestARowHasTheMassesOfItsChunksOneByOne(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	eachInstructionSet(t, func(t *testing.T, set instructionSet) {
		a := vector(&set, set.float32, portable32)
		if a.sumChunks == nil {
			t.Skip("adds up chunks one by one")
		}
		oneByOne := *a
		oneByOne.sumChunks = nil
		got, want := &masses{}, &masses{}
		raised := 0
		for range 60 {
			row := make([]float32, 1+r.IntN(3*mostTogether*chunkLength))
			for i := range row {
				row[i] = float32(3 * r.NormFloat64())
			}
			for range r.IntN(4) {
				row[r.IntN(len(row))] = []float32{100, 200, 1e9, float32(math.Inf(-1)), float32(math.NaN()), float32(math.Inf(1))}[r.IntN(6)]
			}
			read, all := a.pass(got, nil, row, 1.7), oneByOne.pass(want, nil, row, 1.7)
			same := func(a, b mass) bool { return math.Float64bits(a.sum) == math.Float64bits(b.sum) && a.k == b.k }
			if read != all || !slices.EqualFunc(got.chunk[:got.n], want.chunk[:want.n], same) {
				t.Fatalf("%d logits: %d are in chunks %v, want %d in %v", len(row), read, got.chunk[:got.n], all, want.chunk[:want.n])
			}
			if want.n > 0 && want.chunk[0].k != want.chunk[want.n-1].k {
				raised++
			}
		}
		if raised < 10 {
			t.Fatalf("k was raised in %d rows only", raised)
		}
	})
}
