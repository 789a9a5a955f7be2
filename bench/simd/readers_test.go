package simd_test

import (
	"math"
	"testing"

	"temper/bench/simd"
)

func TestReadersReadEveryLogit(t *testing.T) {
	for _, reader := range simd.Readers() {
		for _, length := range []int{1, 15, 16, 63, 64, 65, 200} {
			for at := range length {
				x := make([]float32, length)
				for i := range x {
					x[i] = -1
				}
				without := reader.Read(x)
				x[at] = 2
				if got := reader.Read(x); got == without || math.IsNaN(float64(got)) && math.IsNaN(float64(without)) {
					t.Errorf("%s gives %v with and without logit %d of %d", reader.Name, got, at, length)
				}
			}
		}
	}
}
