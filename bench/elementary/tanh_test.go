package elementary

import (
	"math"
	"testing"
)

func TestTanhKeepsItsErrorBound(t *testing.T) {
	for i := -1 << 19; i <= 1<<19; i++ {
		x := 25 * float64(i) / (1 << 19)
		if got, want := Tanh(x), math.Tanh(x); math.Abs(got-want) > 2e-8 {
			t.Fatalf("Tanh(%v) = %v, want %v", x, got, want)
		}
	}
	if x := Tanh(math.NaN()); x == x {
		t.Errorf("Tanh(NaN) = %v", x)
	}
}
