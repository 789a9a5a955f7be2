package props_test

import (
	"flag"
	"math/rand/v2"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

var edgeSeeds = flag.Int("seeds", 1, "how many seeds to try the draws of one law with")

// Each of these samplers draws for the rows of one law alone. Twenty seeds of each:
//
//	go test ./props -run 'Fault|MaskedEnd' -seeds 20
func TestEveryFaultOfATailIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: many draws")
	}
	t.Parallel()
	const head = 2
	spread := func(vocab int, r *rand.Rand) int { return head + r.IntN(vocab-head) }
	for name, c := range map[string]struct {
		tail func(vocab int, r *rand.Rand) int
		want verdict.Status
	}{
		"lawful":                {spread, verdict.Held},
		"all on a middle token": {func(vocab int, _ *rand.Rand) int { return vocab / 3 }, verdict.Broken},
		"all on its first":      {func(int, *rand.Rand) int { return head }, verdict.Broken},
		"all on its last":       {func(vocab int, _ *rand.Rand) int { return vocab - 1 }, verdict.Broken},
		"its first sixteenth":   {func(vocab int, r *rand.Rand) int { return head + r.IntN(vocab/16) }, verdict.Broken},
	} {
		for seed := range uint64(*edgeSeeds) {
			got := lawOnly("Draw/Tail", 2+1<<14, seed, func(vocab int, r *rand.Rand) int {
				if r.Float64() < 0x1p-12 {
					return c.tail(vocab, r)
				}
				return r.IntN(head)
			})
			if got != c.want {
				t.Errorf("%s, seed %d: %v, want %v", name, seed, got, c.want)
			}
		}
	}
}

func TestAMaskedEndOfALongRowIsFound(t *testing.T) {
	t.Parallel()
	for _, share := range []float64{0, 2.1e-4} {
		want := verdict.Held
		if share > 0 {
			want = verdict.Broken
		}
		for seed := range uint64(*edgeSeeds) {
			got := lawOnly("Draw/LongEdges", 32000, seed, func(vocab int, r *rand.Rand) int {
				if r.Float64() < share {
					return vocab - 1
				}
				return 1 + r.IntN(vocab-2)
			})
			if got != want {
				t.Errorf("share %v, seed %d: %v, want %v", share, seed, got, want)
			}
		}
	}
}

func TestEveryFaultOfAnEdgeIsFound(t *testing.T) {
	t.Parallel()
	const tail = 16
	for name, c := range map[string]struct {
		draw func(r *rand.Rand) int // token 1 is the head, 2 to 17 the tail
		want verdict.Status
	}{
		"lawful":                    {func(r *rand.Rand) int { return 2 + r.IntN(tail) }, verdict.Held},
		"first of the tail doubled": {func(r *rand.Rand) int { return 2 + max(0, r.IntN(tail+1)-1) }, verdict.Broken},
		"last of the tail doubled":  {func(r *rand.Rand) int { return 2 + min(tail-1, r.IntN(tail+1)) }, verdict.Broken},
		"last of the tail left out": {func(r *rand.Rand) int { return 2 + r.IntN(tail-1) }, verdict.Broken},
		"the masked one behind": {func(r *rand.Rand) int {
			if r.IntN(100) == 0 {
				return 2 + tail
			}
			return 2 + r.IntN(tail)
		}, verdict.Broken},
	} {
		for seed := range uint64(*edgeSeeds) {
			got := lawOnly("Draw/Edges", tail+3, seed, func(_ int, r *rand.Rand) int {
				if r.IntN(2) == 0 {
					return 1
				}
				return c.draw(r)
			})
			if got != c.want {
				t.Errorf("%s, seed %d: %v, want %v", name, seed, got, c.want)
			}
		}
	}
}

// lawOnly is the status of a law about a subject that draws in this way from rows of
// one vocabulary and refuses others. Its random numbers differ from seed to seed.
func lawOnly(id string, vocab int, seed uint64, draw func(vocab int, r *rand.Rand) int) verdict.Status {
	r := rand.New(rand.NewPCG(seed, 77))
	k := reference.Kernels{Name: id, Available: true, Draw: func(dst []int, logits []float32, _ rand.Source, _ float64) error {
		if len(dst) == 0 || len(logits) != vocab*len(dst) {
			return reference.ErrShape
		}
		for i := range dst {
			dst[i] = draw(vocab, r)
		}
		return nil
	}}
	return props.CheckKernels(k, props.Only(id), props.Long(), props.Inputs(0)).Results[0].Status
}
