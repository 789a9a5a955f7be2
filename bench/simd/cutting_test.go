//go:build unix

package simd

import (
	"math"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"
)

// hardFloats are equal, or next to each other, or of both signs.
func hardFloats(r *rand.Rand, x []float32) {
	some := []float32{0, float32(math.Copysign(0, -1)), 1e-45, -1e-45, 1, math.Nextafter32(1, 0), -3, float32(math.Inf(-1)), math.MaxFloat32, -math.MaxFloat32}
	for i := range x {
		if x[i] = float32(r.NormFloat64()); r.IntN(2) == 0 {
			x[i] = some[r.IntN(len(some))]
		}
	}
}

func eachCutting(t *testing.T, test func(t *testing.T, assembly cutting)) {
	for i := range instructionSets {
		set := &instructionSets[i]
		t.Run(set.name, func(t *testing.T) {
			if !set.available() {
				t.Skipf("NOT TESTED: %s needs %s", set.name, set.requires())
			}
			defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
			test(t, vector(set, set.float32, portable32).cutting)
		})
	}
}

func TestAssemblyCutsLikeThePortableVariant(t *testing.T) {
	eachCutting(t, func(t *testing.T, assembly cutting) {
		page := fencedPage[float32](t)
		r := rand.New(rand.NewPCG(1, 2))
		for range 3000 {
			x := page[len(page)-r.IntN(len(page)+1):]
			hardFloats(r, x)
			if r.IntN(2) == 0 && len(x) > 0 {
				x = x[:r.IntN(len(x))]
			}
			pivot := make([]float32, 1)
			hardFloats(r, pivot)
			alike(t, "over", x, pivot[0], assembly.over, over)
			alike(t, "upTo", x, pivot[0], assembly.upTo, upTo)
			alike(t, "mask", x, pivot[0], masking(assembly.mask), masking(mask))
			if got, want := assembly.count(x, pivot[0]), countAbove(x, pivot[0]); got != want {
				t.Fatalf("count of %d logits above %v is %d, want %d", len(x), pivot[0], got, want)
			}
		}
	})
}

func masking(do func(dst, x []float32, low float32)) func(dst, x []float32, low float32) int {
	return func(dst, x []float32, low float32) int { do(dst, x, low); return len(x) }
}

// alike compares the results, in other memory and in place.
func alike(t *testing.T, name string, x []float32, pivot float32, assembly, portable func(dst, x []float32, pivot float32) int) {
	t.Helper()
	want, got, place := make([]float32, len(x)+room), make([]float32, len(x)+room), make([]float32, len(x)+room)
	copy(place, x)
	n := portable(want, x, pivot)
	for _, dst := range [][]float32{got, place} {
		from := x
		if &dst[0] == &place[0] {
			from = place[:len(x)]
		}
		if m := assembly(dst, from, pivot); m != n || !slices.EqualFunc(dst[:n], want[:n], equalBits) {
			t.Fatalf("%s of %d logits and %v: %d, want %d", name, len(x), pivot, m, n)
		}
	}
}

func equalBits(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }

func TestAssemblyFindsThePeaksAndCollectsByThem(t *testing.T) {
	eachCutting(t, func(t *testing.T, assembly cutting) {
		page := fencedPage[float32](t)
		r := rand.New(rand.NewPCG(3, 4))
		for range 300 {
			blocks := r.IntN(len(page)/blockOfGroups + 1)
			x := page[len(page)-blocks*blockOfGroups:]
			hardFloats(r, x)
			got, want := make([]float32, blocks*groupsOfBlock), make([]float32, blocks*groupsOfBlock)
			assembly.peaks(got, x)
			peaks(want, x)
			if !slices.Equal(got, want) {
				t.Fatalf("%d blocks: other peaks", blocks)
			}
			low := make([]float32, 1)
			hardFloats(r, low)
			size := room + r.IntN(2*blockOfGroups)
			values, places := make([]float32, size), make([]int32, size)
			wantValues, wantPlaces := make([]float32, size), make([]int32, size)
			n, through := assembly.collect(values, places, x, want, low[0])
			m, to := collect(wantValues, wantPlaces, x, want, low[0])
			if n != m || through != to || !slices.EqualFunc(values[:n], wantValues[:n], equalBits) || !slices.Equal(places[:n], wantPlaces[:n]) {
				t.Fatalf("%d blocks: %d of %d logits above %v, want %d of %d", blocks, n, through, low[0], m, to)
			}
		}
	})
}

func TestPeaksShowBadLogits(t *testing.T) {
	all := []cutting{portableCutting}
	for i := range instructionSets {
		if set := &instructionSets[i]; set.available() {
			all = append(all, vector(set, set.float32, portable32).cutting)
		}
	}
	for i, c := range all {
		for _, bad := range []float64{math.NaN(), math.Inf(1)} {
			for v := range 2 * blockOfGroups {
				x := make([]float32, 2*blockOfGroups)
				x[v], x[(v+16)%len(x)] = float32(bad), float32(math.Inf(-1))
				if c.peaks(make([]float32, 2*groupsOfBlock), x) {
					t.Errorf("variant %d: %v at %d is finite", i, bad, v)
				}
			}
		}
	}
}

func TestSumsWithCutsHaveTheBitsOfSum(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range instructionSets {
		set := &instructionSets[i]
		if !set.available() {
			continue // TestAssemblyCutsLikeThePortableVariant says so
		}
		a := vector(set, set.float32, portable32)
		for blocks := 1; blocks < 20; blocks++ {
			x := make([]float32, blocks*blockOfGroups)
			for i := range x {
				x[i] = float32(5 * r.NormFloat64())
			}
			got, want := make([]float32, blocks*groupsOfBlock), make([]float32, blocks*groupsOfBlock)
			peaks(want, x)
			sum, _ := a.sum(x, 2, 20)
			if total, fits := a.cutting.sumPeaks(got, x, 2, 20); total != sum || !fits || !slices.Equal(got, want) {
				t.Fatalf("%s, %d blocks: the sum is %v, want %v", set.name, blocks, total, sum)
			}
			for _, low := range []float32{-10, 0, want[0]} {
				masked := make([]float32, len(x))
				mask(masked, x, low)
				some := x[:len(x)-blocks]
				sum, _ := a.sum(masked[:len(some)], 2, 20)
				if total := a.cutting.sumAbove(some, low, 2, 20); total != sum {
					t.Fatalf("%s, %d blocks: the sum above %v is %v, want %v", set.name, blocks, low, total, sum)
				}
			}
			x[blocks] = 100
			if _, fits := a.cutting.sumPeaks(got, x, 2, 20); fits {
				t.Fatalf("%s, %d blocks: 2^180 fits", set.name, blocks)
			}
		}
	}
}
