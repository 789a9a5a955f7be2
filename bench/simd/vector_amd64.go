package simd

//go:generate go run -C _asm . -width 256 -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -pkg simd

import (
	"math"

	"golang.org/x/sys/cpu"

	"temper/reference"
)

// vectors lists the variants in assembly.
func vectors() []reference.Kernels {
	return []reference.Kernels{
		avx2.kernels("avx2", "AVX2, FMA", hasAVX2),
	}
}

// vectorReaders are nil without AVX2.
func vectorReaders() []Reader {
	if !hasAVX2 {
		return nil
	}
	return []Reader{{"maximum", maximumAVX2}, {"or", orAVX2}, {"add", addAVX2}}
}

var hasAVX2 = cpu.X86.HasAVX2 && cpu.X86.HasFMA

// avx2 computes in float32, with c in two pieces and an integer k (see
// _asm/power.go), which bounds its reach.
var avx2 = &arithmetic{
	maximum: maximumAVX2,
	sum: func(x []float32, c, k float64) float64 {
		e := exponentOf(c, k)
		return sumAVX2(x, e.high, e.low, e.shift, e.least)
	},
	weigh: func(dst, x []float32, c, k float64) float64 {
		e := exponentOf(c, k)
		return weighAVX2(dst, x, e.high, e.low, e.shift, e.least)
	},
	multiply: func(w []float32, factor float64) {
		high, low := split(factor)
		multiplyAVX2(w, high, low)
	},
	offset: math.RoundToEven,
	least:  0x1p-105,
	most:   0x1p105,
	reach:  1 << 20,
	slow:   portable(),
}

// exponent is x·c − k in the pieces that the assembly takes.
type exponent struct{ high, low, shift, least float32 }

func exponentOf(c, k float64) exponent {
	high, low := split(c)
	return exponent{high, low, float32(3<<22 + 127 - k), float32((k - 127) / c)}
}

// split is v as a sum of two float32.
func split(v float64) (high, low float32) {
	high = float32(v)
	return high, float32(v - float64(high))
}
