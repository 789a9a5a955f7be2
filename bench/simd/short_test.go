//go:build unix

package simd

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"temper/reference"
)

// lastOpenModel is lastOpen in Go, with sums in the same order.
func lastOpenModel(x, w []float32, least, limit float32) (l last) {
	l.logit, l.after = float32(math.Inf(1)), float32(math.Inf(1))
	for _, v := range x {
		var before float32
		for i, other := range x {
			if other > v && w[i] >= least {
				before += w[i]
			}
		}
		if before < limit {
			l.logit, l.before = min(l.logit, v), max(l.before, before)
		} else {
			l.after = min(l.after, before)
		}
	}
	for _, v := range x {
		if v == l.logit {
			l.equal++
		}
	}
	return l
}

// massAboveModel has the lanes of the assembly.
func massAboveModel(x, w []float32, low float32) (total float64, above int) {
	total = modelSum(x, func(lane float32, i int) float32 {
		if x[i] > low {
			above++
			return lane + w[i]
		}
		return lane
	})
	return total, above
}

// eachShortCutting leaves out what has no functions for short rows.
func eachShortCutting(t *testing.T, test func(t *testing.T, assembly cutting)) {
	eachCutting(t, func(t *testing.T, assembly cutting) {
		if assembly.lastOpen == nil {
			t.Skip("cuts short rows as the portable variant does")
		}
		test(t, assembly)
	})
}

func TestAssemblySearchesShortRowsLikeItsModel(t *testing.T) {
	eachShortCutting(t, func(t *testing.T, assembly cutting) {
		page := fencedPage[float32](t)
		r := rand.New(rand.NewPCG(5, 6))
		for range 5000 {
			x := page[len(page)-1-r.IntN(shortRow):]
			w := make([]float32, shortRow)
			for i := range x {
				x[i] = float32(r.IntN(2 * len(x)))
				if w[i] = float32(math.Exp(float64(x[i]) / 3)); r.IntN(8) == 0 {
					x[i], w[i] = float32(math.Inf(-1)), 0
				}
			}
			for i := len(x); i < len(w); i++ {
				w[i] = float32(math.NaN())
			}
			var total float32
			for _, w := range w[:len(x)] {
				total += w
			}
			limit := .8 * total * r.Float32()
			for _, least := range []float32{0, .99 * (total - limit) / float32(len(x))} {
				got, want := assembly.lastOpen(x, w, least, limit), lastOpenModel(x, w, least, limit)
				if math.IsInf(float64(want.after), 1) && got.after >= limit {
					got.after = want.after // where all are kept, it is what is before nothing
				}
				if isMasked(want.logit) {
					got.equal = want.equal // lanes behind the row count too
				}
				if got != want && total > 0 {
					t.Fatalf("logits %v, least %v, limit %v: %+v, want %+v", x, least, limit, got, want)
				}
			}
		}
	})
}

func TestAssemblyWeighsAndDropsWhatIsAboveLikeItsModel(t *testing.T) {
	eachShortCutting(t, func(t *testing.T, assembly cutting) {
		page := fencedPage[float32](t)
		r := rand.New(rand.NewPCG(7, 8))
		for range 1000 {
			x := page[len(page)-r.IntN(len(page)+1):]
			hardFloats(r, x)
			w := make([]float32, len(x)+32)
			for i := range w {
				w[i] = r.Float32()
			}
			low := make([]float32, 1)
			hardFloats(r, low)
			total, above := assembly.massAbove(x, w, low[0])
			if want, n := massAboveModel(x, w, low[0]); total != want || above != n {
				t.Fatalf("%d logits above %v: %v of %d, want %v of %d", len(x), low[0], total, above, want, n)
			}
			want := slices.Clone(w[:len(x)])
			for i, v := range x {
				if !(v > low[0]) {
					want[i] = 0
				}
			}
			if assembly.dropUpTo(w, x, low[0]); !slices.Equal(w[:len(x)], want) {
				t.Fatalf("%d logits above %v: other powers are left", len(x), low[0])
			}
			for i := len(x); i < roundedUp(len(x)); i++ {
				if w[i] != 0 {
					t.Fatalf("%d logits: power %d is %v", len(x), i, w[i])
				}
			}
		}
	})
}

func TestSumLeastIsSumAndBoundsTheLogits(t *testing.T) {
	for i := range instructionSets {
		set := &instructionSets[i]
		if !set.available() || set.sumLeast == nil {
			continue // eachShortCutting says so
		}
		a := vector(set, set.float32, portable32)
		r := rand.New(rand.NewPCG(11, 12))
		for range 1000 {
			x := make([]float32, 32*r.IntN(64)+r.IntN(2)*r.IntN(32)+1)
			for i := range x {
				x[i] = float32(10 * r.NormFloat64())
			}
			c, k := math.Log2E/.7, math.Round(20*r.Float64())
			whole := x[:len(x)&^31]
			want, _ := a.sum(whole, c, k)
			if len(x) > len(whole) {
				more, _ := a.sum(x[len(whole):], c, k)
				want += more
			}
			total, smallest, top := a.cutting.sumLeast(x, c, k)
			most := exponent(slices.Max(x), c, k)
			if total != want || smallest != slices.Min(x) || top < most || top > most+.25 {
				t.Fatalf("%s, %d logits: %v, %v and %v, want %v, %v and at least %v", set.name, len(x), total, smallest, top, want, slices.Min(x), most)
			}
		}
	}
}

// Rows of the same settings are taken together, others one by one.
func TestShortRowIsSampledTogetherAsItIsAlone(t *testing.T) {
	c := reference.Convention{Order: []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}}
	r := rand.New(rand.NewPCG(9, 10))
	for _, following := range samplers[1:] {
		s := following(c)
		if !s.Available {
			continue // TestEverySamplerKeepsTheLaws says so
		}
		for _, vocab := range []int{1, 7, 16, 28, 33, 64} {
			const rows = 100
			logits, u := make([]float32, rows*vocab), make([]float64, rows)
			for i := range logits {
				logits[i] = float32(math.Round(6 * r.NormFloat64()))
			}
			how := slices.Repeat([]reference.Sampling{{Temperature: .8, TopK: 1 + vocab/2, TopP: .9, MinP: .01}}, rows)
			for i := range u {
				u[i] = r.Float64()
			}
			together, alone := make([]int, rows), make([]int, rows)
			if err := s.Sample(together, logits, u, how); err != nil {
				t.Fatal(err)
			}
			for i := range alone {
				if err := s.Sample(alone[i:i+1], logits[i*vocab:(i+1)*vocab], u[i:i+1], how[:1]); err != nil {
					t.Fatal(err)
				}
			}
			if !reflect.DeepEqual(together, alone) {
				t.Errorf("%s, %d tokens: %v together, %v alone", s.Name, vocab, together, alone)
			}
		}
	}
}
