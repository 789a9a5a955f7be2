package elementary

import (
	"math"
	"testing"
)

func TestTanhKeepsItsErrorBound(t *testing.T) {
	var x []float32
	for i := -1 << 19; i <= 1<<19; i++ {
		x = append(x, float32(25*float64(i)/(1<<19)))
	}
	y := append([]float32{}, x...)
	Tanh(y)
	for i, got := range y {
		if want := math.Tanh(float64(x[i])); math.Abs(float64(got)-want) > 2e-8+math.Abs(want)*0x1p-24 {
			t.Fatalf("Tanh(%v) = %v, want %v", x[i], got, want)
		}
	}
}

func TestTanhOfTheLargestNumbersIsOneAndOfNaNIsNaN(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	x := []float32{math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan, -nan, 0}
	Tanh(x)
	for i, want := range []float32{1, -1, 1, -1, nan, nan, 0} {
		if x[i] != want && (x[i] == x[i] || want == want) {
			t.Errorf("place %d is %v, want %v", i, x[i], want)
		}
	}
}
