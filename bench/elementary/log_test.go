package elementary

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogErrsByAnUlpAtMost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var numbers []float64
	for n := 1; n < 5000; n++ {
		numbers = append(numbers, float64(n))
	}
	for range 100_000 {
		numbers = append(numbers, math.Ldexp(1+r.Float64(), r.IntN(2000)-1000))
	}
	for _, v := range numbers {
		got, want := Log(v), math.Log(v)
		if ulp := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want); math.Abs(got-want) > ulp {
			t.Fatalf("Log(%v) = %v, want %v", v, got, want)
		}
	}
}
