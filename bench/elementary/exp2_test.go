package elementary

import (
	"math"
	"testing"
)

func TestExp2IsExactAtZeroAndZeroBelowTheRange(t *testing.T) {
	for _, c := range []struct{ t, want float64 }{
		{0, 1}, {-126.001, 0}, {-1e300, 0}, {math.Inf(-1), 0},
	} {
		if got := Exp2(c.t); got != c.want {
			t.Errorf("Exp2(%v) = %v, want %v", c.t, got, c.want)
		}
	}
}

func TestExp2KeepsItsErrorBound(t *testing.T) {
	for i := range 1 << 20 {
		x := -126 * float64(i) / (1 << 20)
		if got, want := Exp2(x), math.Exp2(x); math.Abs(got/want-1) > 2.7e-8 {
			t.Fatalf("Exp2(%v) = %v, want %v", x, got, want)
		}
	}
}
