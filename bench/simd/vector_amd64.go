package simd

//go:generate go run -C _asm . -width 256 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -pkg simd
//go:generate go run -C _asm . -width 512 -out ../avx512_amd64.s -stubs ../avx512_stubs_amd64.go -pkg simd

import (
	"math"
	"slices"

	"golang.org/x/sys/cpu"

	"temper/reference"
)

var (
	hasAVX2   = cpu.X86.HasAVX2 && cpu.X86.HasFMA
	hasAVX512 = hasAVX2 && cpu.X86.HasBMI2 && cpu.X86.HasAVX512F && cpu.X86.HasAVX512DQ
)

var (
	avx2   = vector(maximumAVX2, addAVX2, sumAVX2, weighAVX2, multiplyAVX2)
	avx512 = vector(maximumAVX512, addAVX512, sumAVX512, weighAVX512, multiplyAVX512)
)

// vectors lists the variants in assembly. They give the same bits.
func vectors() []reference.Kernels {
	return []reference.Kernels{
		avx2.kernels("avx2", "AVX2, FMA", hasAVX2),
		avx512.kernels("avx512", "AVX-512 F and DQ", hasAVX512),
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

// vector is the arithmetic of _asm: in float32, with c in two pieces and an
// integer k, which bounds its reach.
func vector(
	maximum, add func(x []float32) float32,
	sum func(x []float32, high, low, shift, least float32) (total float64, top float32),
	weigh func(dst, x []float32, high, low, shift, least float32) (total float64, top float32),
	multiply func(w []float32, factor float32),
) *arithmetic {
	return &arithmetic{
		maximum: maximum,
		largest: func(x []float32) float32 {
			if total := add(x); total != total && slices.ContainsFunc(x, isNaN) {
				return total
			}
			return maximum(x)
		},
		sum: func(x []float32, c, k float64) (total float64, fits bool) {
			e := exponentOf(c, k)
			total, top := sum(x, e.high, e.low, e.shift, e.least)
			return total, top <= bias+headroom
		},
		weigh: func(dst, x []float32, c, k float64) (total float64, fits bool) {
			e := exponentOf(c, k)
			total, top := weigh(dst, x, e.high, e.low, e.shift, e.least)
			return total, top <= bias+headroom
		},
		// top·high is exact here, and a sixteenth is what bias + headroom rounds away.
		fits: func(top float32, c, k float64) bool {
			return float64(top)*float64(exponentOf(c, k).high)-k <= headroom+1./16
		},
		multiply: func(w []float32, factor float64) { multiply(w, float32(factor)) },
		offset:   math.RoundToEven,
		least:    0x1p-105,
		most:     0x1p105,
		reach:    1 << 17,
		slow:     portable(),
	}
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
