package simd_test

import (
	"slices"
	"testing"

	"temper/bench/simd"
)

func TestCopiersCopyEveryLogitAndNothingElse(t *testing.T) {
	const outside, room = -1, 16
	for _, copier := range simd.Copiers() {
		for _, length := range []int{0, 1, 15, 31, 32, 33, 63, 64, 65, 200} {
			for at := range room { // every place on a cache line of 64 bytes
				src, dst := make([]float32, length), slices.Repeat([]float32{outside}, length+2*room)
				want := slices.Clone(dst)
				for i := range src {
					src[i] = float32(i)
					want[at+i] = src[i]
				}
				if copier.Copy(dst[at:at+length], src); !slices.Equal(dst, want) {
					t.Errorf("%s of %d logits to place %d gives %v", copier.Name, length, at, dst)
				}
			}
		}
	}
}
