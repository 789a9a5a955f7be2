package simd_test

import (
	"testing"

	"temper/bench/simd"
)

func TestBestIsNEON(t *testing.T) {
	for format, name := range map[string]string{
		"float32": simd.Best[float32]().Name, "bfloat16": simd.Best[simd.BFloat16]().Name, "float16": simd.Best[simd.Float16]().Name,
	} {
		if name != "neon" {
			t.Errorf("the best variant for %s is %s", format, name)
		}
	}
}
