package simd

//go:generate go run -C _asm . -width 256 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -pkg simd
//go:generate go run -C _asm . -width 512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go -pkg simd

import (
	"math"
	"slices"
	"unsafe"

	"golang.org/x/sys/cpu"
)

// feature is one of the processor's, by avo's name, that assembly needs. A test
// compares them with the instructions.
type feature struct {
	name string
	has  bool
}

var (
	featuresAVX2   = []feature{{"AVX2", cpu.X86.HasAVX2}, {"FMA3", cpu.X86.HasFMA}, {"F16C", cpu.X86.HasF16C}}
	featuresAVX512 = []feature{{"AVX2", cpu.X86.HasAVX2}, {"AVX512F", cpu.X86.HasAVX512F}, {"AVX512DQ", cpu.X86.HasAVX512DQ}, {"BMI2", cpu.X86.HasBMI2}}

	hasAVX2, requiresAVX2     = require(featuresAVX2)
	hasAVX512, requiresAVX512 = require(featuresAVX512)
)

// require says whether this machine has all the features, and lists them.
func require(features []feature) (hasAll bool, names string) {
	hasAll = true
	for i, f := range features {
		hasAll = hasAll && f.has
		if i > 0 {
			names += ", "
		}
		names += f.name
	}
	return hasAll, names
}

// instructions are the assembly functions of one instruction set for one format,
// whose logits it takes as float32 or as words of 16 bits.
type instructions[W float32 | uint16] struct {
	maximum, add func(x []W) float32
	sum          func(x []W, high, low, shift, least float32) (total float64, top float32)
	weigh        func(dst []float32, x []W, high, low, shift, least float32) (total float64, top float32)
	multiply     func(w []float32, factor float32)
}

// The variants in assembly. They give the same bits.
var (
	avx2   = vector(instructions[float32]{maximumAVX2, addAVX2, sumAVX2, weighAVX2, multiplyAVX2}, portable32)
	avx512 = vector(instructions[float32]{maximumAVX512, addAVX512, sumAVX512, weighAVX512, multiplyAVX512}, portable32)

	avx2BFloat16 = vector(instructions[uint16]{maximumBFloat16AVX2, addBFloat16AVX2, sumBFloat16AVX2, weighBFloat16AVX2, multiplyAVX2},
		portableBFloat16)
	avx512BFloat16 = vector(instructions[uint16]{maximumBFloat16AVX512, addBFloat16AVX512, sumBFloat16AVX512, weighBFloat16AVX512, multiplyAVX512},
		portableBFloat16)

	avx2Float16 = vector(instructions[uint16]{maximumFloat16AVX2, addFloat16AVX2, sumFloat16AVX2, weighFloat16AVX2, multiplyAVX2},
		portableFloat16)
	avx512Float16 = vector(instructions[uint16]{maximumFloat16AVX512, addFloat16AVX512, sumFloat16AVX512, weighFloat16AVX512, multiplyAVX512},
		portableFloat16)
)

func vectors32() []Kernels[float32]        { return vectors(avx2, avx512) }
func vectorsBFloat16() []Kernels[BFloat16] { return vectors(avx2BFloat16, avx512BFloat16) }
func vectorsFloat16() []Kernels[Float16]   { return vectors(avx2Float16, avx512Float16) }

func vectors[E Logit](avx2, avx512 *arithmetic[E]) []Kernels[E] {
	return []Kernels[E]{
		avx2.kernels("avx2", requiresAVX2, hasAVX2),
		avx512.kernels("avx512", requiresAVX512, hasAVX512),
	}
}

// vectorReaders are nil without AVX2.
func vectorReaders() []Reader {
	switch {
	case hasAVX512:
		return []Reader{{"maximum", maximumAVX512}, {"or", orAVX512}, {"add", addAVX512}}
	case hasAVX2:
		return []Reader{{"maximum", maximumAVX2}, {"or", orAVX2}, {"add", addAVX2}}
	}
	return nil
}

// vectorCopiers are nil without AVX2.
func vectorCopiers() []Copier {
	switch {
	case hasAVX512:
		return []Copier{{"store", copyAVX512}, {"stream", fromBoundary(streamAVX512)}}
	case hasAVX2:
		return []Copier{{"store", copyAVX2}, {"stream", fromBoundary(streamAVX2)}}
	}
	return nil
}

// fromBoundary makes a copier of a function that writes whole cache lines of 64
// bytes: what lies before the first boundary in dst is copied by copy.
func fromBoundary(lines func(dst, src []float32)) func(dst, src []float32) {
	return func(dst, src []float32) {
		past := uintptr(unsafe.Pointer(unsafe.SliceData(dst))) % 64
		before := min(int((64-past)%64)/4, len(dst))
		copy(dst[:before], src)
		lines(dst[before:], src[before:])
	}
}

// vector is the arithmetic of _asm: in float32, with c in two pieces and an
// integer k, which bounds its reach.
func vector[E Logit, W float32 | uint16](set instructions[W], portable *arithmetic[E]) *arithmetic[E] {
	return &arithmetic[E]{
		maximum: func(x []E) float32 { return set.maximum(words[W](x)) },
		largest: func(x []E) float32 {
			if total := set.add(words[W](x)); total != total && slices.ContainsFunc(widened(x), isNaN) {
				return total
			}
			return set.maximum(words[W](x))
		},
		sum: func(x []E, c, k float64) (total float64, fits bool) {
			e := exponentOf(c, k)
			total, top := set.sum(words[W](x), e.high, e.low, e.shift, e.least)
			return total, top <= bias+headroom
		},
		weigh: func(dst []float32, x []E, c, k float64) (total float64, fits bool) {
			e := exponentOf(c, k)
			total, top := set.weigh(dst, words[W](x), e.high, e.low, e.shift, e.least)
			return total, top <= bias+headroom
		},
		// top·high is exact here, and a sixteenth is what bias + headroom rounds away.
		fits: func(top float32, c, k float64) bool {
			return float64(top)*float64(exponentOf(c, k).high)-k <= headroom+1./16
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
}

// words are the logits as the assembly takes them, in the same bits.
func words[W float32 | uint16, E Logit](x []E) []W {
	return unsafe.Slice((*W)(unsafe.Pointer(unsafe.SliceData(x))), len(x))
}

func isNaN(x float32) bool { return x != x }

// bias is what the shift adds to an exponent.
const bias = 3<<19 + 127

// exponent is x·c − k in the pieces that the assembly takes: see _asm/power.go.
type exponent struct{ high, low, shift, least float32 }

func exponentOf(c, k float64) exponent {
	high := float32(c)
	return exponent{high, float32(c - float64(high)), float32(bias - k), float32((k - 127) / c)}
}
