package elementary

import (
	"math"
	"testing"
)

func TestLog2IsExactForPowersOfTwo(t *testing.T) {
	for n := -1000; n <= 1000; n++ {
		if got := Log2(math.Ldexp(1, n)); got != float64(n) {
			t.Errorf("Log2(2^%d) = %v", n, got)
		}
	}
}

func TestLog2KeepsItsErrorBound(t *testing.T) {
	for i := range 1 << 20 {
		v := math.Ldexp(1+float64(i)/(1<<20), i%100-50)
		if got, want := Log2(v), math.Log2(v); math.Abs(got-want) > 2e-14+1e-15*math.Abs(want) {
			t.Fatalf("Log2(%v) = %v, want %v", v, got, want)
		}
	}
}
