package elementary

import (
	"math"
	"os/exec"
	"strings"
	"testing"
)

// A call takes as long as the power: portable's loops would take half as long again.
func TestExp2IsInlined(t *testing.T) {
	said, err := exec.Command("go", "build", "-gcflags=-m", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("go build: %v\n%s", err, said)
	}
	if !strings.Contains(string(said), "can inline Exp2\n") {
		t.Errorf("the compiler inlines no Exp2:\n%s", said)
	}
}

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

func TestPreciseExp2KeepsItsErrorBound(t *testing.T) {
	for i := range 1 << 18 {
		x := 2040*float64(i)/(1<<18) - 1020
		if got, want := PreciseExp2(x), math.Exp2(x); math.Abs(got/want-1) > 1e-15 {
			t.Fatalf("PreciseExp2(%v) = %v, want %v", x, got, want)
		}
	}
	for n := -1100; n <= 1100; n++ {
		if got, want := PreciseExp2(float64(n)), math.Ldexp(1, n); got != want {
			t.Errorf("PreciseExp2(%d) = %v, want %v", n, got, want)
		}
	}
	for _, c := range []struct{ t, want float64 }{
		{math.Inf(-1), 0}, {math.Inf(1), math.Inf(1)}, {-1e300, 0}, {1e300, math.Inf(1)}, {-4000.3, 0}, {4000.3, math.Inf(1)},
	} {
		if got := PreciseExp2(c.t); got != c.want {
			t.Errorf("PreciseExp2(%v) = %v, want %v", c.t, got, c.want)
		}
	}
	if got := PreciseExp2(math.NaN()); got == got {
		t.Errorf("PreciseExp2(NaN) = %v", got)
	}
}
