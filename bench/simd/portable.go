package simd

import (
	"math"

	"temper/reference"
)

// portable is plain Go: it runs everywhere.
func portable() reference.Kernels {
	return portableArithmetic.kernels("portable", "", true)
}

// portableArithmetic is in float64, so that any logits are within its reach and
// k is c·max itself.
var portableArithmetic = &arithmetic{
	maximum:  maximum,
	largest:  maximum,
	sum:      sum,
	weigh:    weigh,
	fits:     func(top float32, c, k float64) bool { return float64(top)*c-k <= headroom },
	multiply: multiply,
	least:    0,
	most:     0x1p800,
	reach:    math.MaxFloat64,
	slow:     reference.Scalar,
	offset:   func(top float64) float64 { return top },
}

// maximum returns the first NaN when there is one. Once the largest element is
// found its only branch is never taken.
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

func sum(x []float32, c, k float64) (total float64, fits bool) {
	for _, v := range x {
		t := float64(v)*c - k
		if !(t <= headroom) {
			return math.NaN(), false
		}
		total += exp2(t)
	}
	return total, true
}

func weigh(dst, x []float32, c, k float64) (total float64, fits bool) {
	for i, v := range x {
		t := float64(v)*c - k
		if !(t <= headroom) {
			return math.NaN(), false
		}
		w := exp2(t)
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
