package simd

//go:generate go run -C _asm . -width 256 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -pkg simd
//go:generate go run -C _asm . -width 512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go -pkg simd
//go:generate go run -C _asm ./neon -out ../neon_arm64.s -stubs ../neon_stubs_arm64.go

import (
	"math"
	"slices"
	"strings"
	"unsafe"
)

// The vector variants compute in float32 with assembly. Each power of two is
//
//	2^(x·c − k) = 2^n · 2^r, n a multiple of 1/8, |r| ≤ 1/16,
//
// where k is an integer. 2^n comes from a table of eight roots of two and the bits of
// the exponent, and 2^r from a polynomial of degree 3. All instruction sets return the
// same bits. An architecture is one file with its list of instruction sets, as
// vector_amd64.go, and one of assembly for each of them.

// instructionSet is one that there is assembly for, with the features of the
// processor that the assembly needs.
type instructionSet struct {
	name     string
	features []feature

	float32           assembly[float32]
	bfloat16, float16 assembly[uint16]
	multiply          func(w []float32, factor float32)
	locate            func(w []float32, u float64) (index int, total float64)

	// These are for batches of short rows.
	offsetRows  func(k []float64, shift, least, x []float32, vocab int, c, inverse float64)
	weighRows   func(w []float32, sum []float64, shift, least, x []float32, vocab int, high, low float32)
	powerRows   func(w []float32, sum []float64, shift, least, x []float32, vocab int, high, low float32)
	scaleRows   func(dst, w, factor []float32, vocab int)
	sumLongRows func(sum []float64, shift, least, x []float32, vocab int, high, low float32)
	sumRows     func(sum []float64, shift, least, x []float32, vocab int, high, low float32)
	log2Rows    func(dst, x []float64)

	// These are for cuts.
	peaks      func(dst, x []float32) (total float32)
	collect    func(values []float32, places []int32, x, peaks []float32, low float32) (n, through int)
	sumPeaks   func(dst, x []float32, high, low, shift, least float32) (total float64, top float32) // nil where peaks and sum apart take no longer
	sumAbove   func(x []float32, bound, high, low, shift, least float32) (total float64, top float32)
	over, upTo func(dst, x []float32, pivot float32) (n int)
	countAbove func(x []float32, low float32) (above uint32)
	mask       func(dst, x []float32, low float32)

	// These are for cuts of short rows, or nil.
	massAbove func(x, w []float32, low float32) (total float64, above uint32)
	dropUpTo  func(w, x []float32, low float32)
	lastOpen  func(x, w []float32, least, limit float32) (border, before, after float32, equal uint32)
	sumLeast  func(x []float32, high, low, shift, least float32) (total float64, top, smallest float32)

	// These measure the speed of memory: see Readers and Copiers.
	or, add      func(x []float32) float32
	copy, stream func(dst, x []float32)
}

// feature is a part of an instruction set that a processor has or lacks.
type feature struct {
	name string
	has  bool
}

// assembly holds the functions for one format of logits, which are float32 or words
// of 16 bits. high, low, shift and least are those of affine; top is the largest
// exponent, rounded, plus bias. chunks is nil where sum of each takes no longer; chunksUpTo
// is that of arithmetic.
type assembly[W float32 | uint16] struct {
	maximum    func(x []W) float32
	peak       func(x []W) (largest, total float32)
	count      func(x []W) (masked uint32, total float32)
	mark       func(dst []float32, x []W, p float32)
	sum        func(x []W, high, low, shift, least float32) (total float64, top float32)
	chunks     func(sums []float64, x []W, high, low, shift, least float32) (top float32)
	chunksUpTo int
	weigh      func(dst []float32, x []W, high, low, shift, least float32) (total float64, top float32)
	blocks     func(w []float32, sums []float64, x []W, high, low, shift, least float32) (top float32)
}

// available reports whether this machine has all the features.
func (s *instructionSet) available() bool {
	return !slices.ContainsFunc(s.features, func(f feature) bool { return !f.has })
}

// requires lists the features.
func (s *instructionSet) requires() string {
	var names []string
	for _, f := range s.features {
		names = append(names, f.name)
	}
	return strings.Join(names, ", ")
}

// widest returns the last instruction set that this machine has, or nil.
func widest() *instructionSet {
	for i := range slices.Backward(instructionSets) {
		if set := &instructionSets[i]; set.available() {
			return set
		}
	}
	return nil
}

// vector is the arithmetic of an instruction set. Where c or k is out of its range,
// the portable one takes over.
func vector[E Logit, W float32 | uint16](set *instructionSet, code assembly[W], portable *arithmetic[E]) *arithmetic[E] {
	a := &arithmetic[E]{
		maximum: func(x []E) float32 { return code.maximum(words[W](x)) },
		quick:   true,
		largest: func(x []E) float32 {
			// The sum is NaN where a logit is, and where +Inf meets −Inf.
			largest, total := code.peak(words[W](x))
			if total != total && slices.ContainsFunc(widened(x), isNaN) {
				return total
			}
			return largest
		},
		count: func(x []E) (tokens int, finite bool) {
			masked, total := code.count(words[W](x))
			return len(x) - int(masked), total <= math.MaxFloat32
		},
		mark: func(dst []float32, x []E, p float32) { code.mark(dst, words[W](x), p) },
		sum: func(x []E, c, k float64) (total float64, fits bool) {
			a := affineOf(c, k)
			total, top := code.sum(words[W](x), a.high, a.low, a.shift, a.least)
			return total, top <= bias+headroom
		},
		weigh: func(dst []float32, x []E, c, k float64) (total float64, fits bool) {
			a := affineOf(c, k)
			total, top := code.weigh(dst, words[W](x), a.high, a.low, a.shift, a.least)
			return total, top <= bias+headroom
		},
		weighBlocks: func(w []float32, sums []float64, x []E, c, k float64) (fits bool) {
			a := affineOf(c, k)
			top := code.blocks(w, sums, words[W](x), a.high, a.low, a.shift, a.least)
			clear(w[len(x):roundedUp(len(x))])
			return top <= bias+headroom
		},
		locate: set.locate,
		// The assembly rounds top to a multiple of 1/8, and so up to 1/16 away.
		fits: func(top float32, c, k float64) bool {
			return exponent(top, float64(affineOf(c, k).high), k) <= headroom+1./16
		},
		multiply:   func(w []float32, factor float64) { set.multiply(w, float32(factor)) },
		offset:     math.RoundToEven,
		least:      0x1p-105,
		most:       0x1p105,
		reach:      1 << 17,
		slow:       portable.kernels("portable", "", true),
		operations: operationsOf[E](),
		jobs:       jobs[E](),
	}
	if a.chunksUpTo = code.chunksUpTo; code.chunks != nil {
		a.sumChunks = func(sums []float64, x []E, c, k float64) (fits bool) {
			a := affineOf(c, k)
			return code.chunks(sums, words[W](x), a.high, a.low, a.shift, a.least) <= bias+headroom
		}
	}
	if a, ok := any(a).(*arithmetic[float32]); ok { // see batch.go
		a.cutting = set.cutting(a.sum)
		a.offsetRows = func(b *batch, rows []float32, vocab int, c float64) {
			n := len(rows) / vocab
			set.offsetRows(b.k[:n], b.shift[:n], b.least[:n], rows, vocab, c, 1/c)
		}
		a.sumRows = func(b *batch, from int, _, rows []float32, vocab int, c float64) {
			at, end, sum := affineOf(c, 0), from+len(rows)/vocab, set.sumRows
			if vocab > shortRow {
				sum = set.sumLongRows
			}
			sum(b.sum[from:end], b.shift[from:end], b.least[from:end], rows, vocab, at.high, at.low)
		}
		a.weighRows, a.powerRows = storing(set.weighRows), storing(set.powerRows)
		a.scaleRows = set.scaleRows
		a.log2Rows = set.log2Rows
	}
	return a
}

// storing is weighRows or powerRows of a batch.
func storing(do func(w []float32, sum []float64, shift, least, x []float32, vocab int, high, low float32)) rowsFunc[float32] {
	return func(b *batch, from int, w, rows []float32, vocab int, c float64) {
		at, end := affineOf(c, 0), from+len(rows)/vocab
		do(w[from*shortRow:], b.sum[from:end], b.shift[from:end], b.least[from:end], rows, vocab, at.high, at.low)
	}
}

// words are the logits as the assembly takes them, in the same memory.
func words[W float32 | uint16, E Logit](x []E) []W {
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func isNaN(x float32) bool { return x != x }

// bias is added to an exponent. A float32 near 3·2¹⁹ has three binary digits after
// the point, so that adding 3·2¹⁹ rounds to a multiple of 1/8; 127 is the bias of
// float32's own exponent.
const bias = 3<<19 + 127

// affine is the map from x to the exponent x·c − k, in the numbers that the
// assembly takes: see _asm/power.go.
type affine struct {
	high, low float32 // c = high + low
	shift     float32 // bias − k
	least     float32 // the logit whose exponent is −127: smaller ones count as this
}

func affineOf(c, k float64) affine {
	high := float32(c)
	return affine{high, float32(c - float64(high)), float32(bias - k), float32((k - 127) / c)}
}
