package simd_test

import (
	"errors"
	"math"
	"testing"

	"temper/reference"
)

func TestDrawWithoutASourceIsAnErrorUnlessNothingIsDrawn(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		dst, row := []int{-1}, []float32{1, 2, 3}
		for _, temperature := range []float64{1e-300, 0.5, 1, math.Inf(1)} {
			if err := k.Draw(dst, row, nil, temperature); !errors.Is(err, reference.ErrNil) || dst[0] != -1 {
				t.Errorf("T = %v: token %d, %v, want ErrNil", temperature, dst[0], err)
			}
		}
		must(t, k.Draw(dst, row, nil, 0))
		must(t, k.Draw(nil, nil, nil, 1))
	})
}
