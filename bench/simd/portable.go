package simd

import (
	"math"

	"temper/bench/elementary"
	"temper/reference"
)

// The portable arithmetic is plain Go in float64, for every architecture. All logits
// are within its reach, and k is c·max itself.
//
// Every x·c − k here rounds x·c before the subtraction, as k was rounded, so that equal
// logits have the exponent 0 however large they are. The conversion float64(x*c) makes
// the compiler round: without it compilers for arm64 and others compute x·c − k with
// one rounding. For c·max above 2^59 the difference is more than headroom, so that a
// row of one logit of 9.99e36 at T = 1 would have no exponent that fits.
var (
	portable32       = portable(maximum, count, mark, sum, weigh)
	portableBFloat16 = portable(maximumWidened[BFloat16], countWidened[BFloat16], markWidened[BFloat16], sumWidened[BFloat16], weighWidened[BFloat16])
	portableFloat16  = portable(maximumWidened[Float16], countWidened[Float16], markWidened[Float16], sumWidened[Float16], weighWidened[Float16])
)

func portable[E Logit](
	maximum func(x []E) float32,
	count func(x []E) (tokens int, finite bool),
	mark func(dst []float32, x []E, p float32),
	sum func(x []E, c, k float64) (total float64, fits bool),
	weigh func(dst []float32, x []E, c, k float64) (total float64, fits bool),
) *arithmetic[E] {
	return &arithmetic[E]{
		maximum: maximum,
		largest: maximum,
		count:   count,
		mark:    mark,
		sum:     sum,
		weigh:   weigh,
		weighBlocks: func(w []float32, sums []float64, x []E, c, k float64) (fits bool) {
			fits = true
			for i := 0; fits && i < blocksOf(len(x)); i++ {
				at := i * blockLength
				var total float64
				total, fits = weigh(w[at:], x[at:min(at+blockLength, len(x))], c, k)
				sums[i+1] = sums[i] + total
			}
			clear(w[len(x):roundedUp(len(x))])
			return fits
		},
		locate:     locate,
		fits:       func(top float32, c, k float64) bool { return exponent(top, c, k) <= headroom },
		cutting:    portableCutting,
		multiply:   multiply,
		least:      0,
		most:       0x1p800,
		reach:      math.MaxFloat64,
		slow:       widening[E](reference.Scalar),
		offset:     func(top float64) float64 { return top },
		operations: operationsOf[E](),
		jobs:       jobs[E](),
	}
}

// maximum returns the largest element, or the first NaN where there is one. Its only
// branch is taken for an element larger than all before it, which is rare and
// therefore predicted well.
func maximum(x []float32) float32 {
	largest := float32(math.Inf(-1))
	for _, v := range x {
		if !(v <= largest) {
			if v != v {
				return v
			}
			largest = v
		}
	}
	return largest
}

// count has no branch for a logit: random masks would make one slow.
func count(x []float32) (tokens int, finite bool) {
	const infinite = 0xFF << 24 // the exponent of NaN and both infinities, without the sign
	masked, special := 0, 0
	for _, v := range x {
		bits := math.Float32bits(v)
		if bits == minusInf {
			masked++
		}
		if bits<<1 >= infinite {
			special++
		}
	}
	return len(x) - masked, special == masked
}

func mark(dst, x []float32, p float32) {
	bits := [2]uint32{math.Float32bits(p), 0}
	for i, v := range x {
		masked := 0
		if math.Float32bits(v) == minusInf {
			masked = 1
		}
		dst[i] = math.Float32frombits(bits[masked])
	}
}

func locate(parts []float32, u float64) (i int, total float64) {
	for _, p := range parts {
		total += float64(p)
	}
	target, running := below(u, total), 0.
	for i, p := range parts {
		if running += float64(p); target < running {
			return i, total
		}
	}
	return 0, total
}

// minusInf is the bits of −Inf. Comparisons of integers become instructions without a
// branch.
const minusInf = 0xFF800000

// exponent returns x·c − k, with x·c rounded first.
func exponent(x float32, c, k float64) float64 { return float64(float64(x)*c) - k }

func sum(x []float32, c, k float64) (total float64, fits bool) { return sumOnto(0, x, c, k) }

func sumOnto(total float64, x []float32, c, k float64) (float64, bool) {
	for _, v := range x {
		t := exponent(v, c, k)
		if !(t <= headroom) {
			return math.NaN(), false
		}
		total += elementary.Exp2(t)
	}
	return total, true
}

func weigh(dst, x []float32, c, k float64) (total float64, fits bool) {
	return weighOnto(0, dst, x, c, k)
}

func weighOnto(total float64, dst, x []float32, c, k float64) (float64, bool) {
	for i, v := range x {
		t := exponent(v, c, k)
		if !(t <= headroom) {
			return math.NaN(), false
		}
		w := elementary.Exp2(t)
		dst[i] = float32(w)
		total += w
	}
	return total, true
}

func multiply(w []float32, factor float64) {
	for i, v := range w {
		w[i] = float32(float64(v) * factor)
	}
}

// piece is the number of logits that are widened at a time.
const piece = 256

func maximumWidened[E Logit](x []E) float32 {
	var room [piece]float32
	largest := float32(math.Inf(-1))
	for ; len(x) > 0; x = x[min(piece, len(x)):] {
		v := maximum(wide(room[:], x[:min(piece, len(x))]))
		if v != v {
			return v
		}
		largest = max(largest, v)
	}
	return largest
}

func countWidened[E Logit](x []E) (tokens int, finite bool) {
	var room [piece]float32
	for finite = true; len(x) > 0; x = x[min(piece, len(x)):] {
		count, good := count(wide(room[:], x[:min(piece, len(x))]))
		tokens, finite = tokens+count, finite && good
	}
	return tokens, finite
}

func markWidened[E Logit](dst []float32, x []E, p float32) {
	var room [piece]float32
	for ; len(x) > 0; x, dst = x[min(piece, len(x)):], dst[min(piece, len(x)):] {
		mark(dst, wide(room[:], x[:min(piece, len(x))]), p)
	}
}

func sumWidened[E Logit](x []E, c, k float64) (total float64, fits bool) {
	var room [piece]float32
	for fits = true; fits && len(x) > 0; x = x[min(piece, len(x)):] {
		total, fits = sumOnto(total, wide(room[:], x[:min(piece, len(x))]), c, k)
	}
	return total, fits
}

func weighWidened[E Logit](dst []float32, x []E, c, k float64) (total float64, fits bool) {
	var room [piece]float32
	for fits = true; fits && len(x) > 0; x, dst = x[min(piece, len(x)):], dst[min(piece, len(x)):] {
		total, fits = weighOnto(total, dst, wide(room[:], x[:min(piece, len(x))]), c, k)
	}
	return total, fits
}
