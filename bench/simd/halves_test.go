package simd

import (
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
)

// halves makes logits of 16 bits: ordinary ones, masked ones, and now and then any
// bits at all.
func halves[E BFloat16 | Float16](r *rand.Rand, length int) []E {
	narrow, masked := narrowBFloat16[E], E(0xFF80)
	if _, ok := any(masked).(Float16); ok {
		narrow, masked = narrowFloat16[E], E(0xFC00)
	}
	row := make([]E, length)
	kind := r.IntN(4)
	for i := range row {
		row[i] = narrow(3 * r.NormFloat64())
		switch {
		case kind == 1 && r.IntN(2) == 0:
			row[i] = masked
		case kind == 2 && r.IntN(length) == 0:
			row[i] = E(r.IntN(1 << 16)) // NaN, too, and infinity
		case kind == 3:
			row[i] = E(r.IntN(0x7800)) | E(r.IntN(2))<<15
		}
	}
	return row
}

func narrowBFloat16[E BFloat16 | Float16](x float64) E {
	return E(math.Float32bits(float32(x)) >> 16)
}

// narrowFloat16 cuts x off, to what has full precision.
func narrowFloat16[E BFloat16 | Float16](x float64) E {
	fraction, exponent := math.Frexp(math.Abs(x))
	bits := E(max(exponent, -13)+14)<<10 | E(fraction*2048)&1023
	if x < 0 {
		bits |= 1 << 15
	}
	return bits
}

// halfVariants pairs every variant for float32 with the one for another format.
func halfVariants[E Logit](t *testing.T, halves []Kernels[E], test func(t *testing.T, half Kernels[E], full reference.Kernels)) {
	for i, full := range Float32Variants() {
		t.Run(full.Name, func(t *testing.T) {
			if half := halves[i]; half.Name != full.Name || half.Requires != full.Requires || half.Available != full.Available {
				t.Fatalf("%s for float32, %s for 16 bits", full.Name, half.Name)
			}
			if !full.Available {
				t.Skipf("NOT TESTED: %s needs %s", full.Name, full.Requires)
			}
			test(t, halves[i], full)
		})
	}
}
