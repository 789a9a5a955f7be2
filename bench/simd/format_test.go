package simd

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"temper/reference"
)

func TestBFloat16IsTheUpperHalfOfAFloat32(t *testing.T) {
	for bits := range 1 << 16 {
		got, want := BFloat16(bits).Float32(), math.Float32frombits(uint32(bits)<<16)
		if got != want && want == want {
			t.Fatalf("%#04x is %v, want %v", bits, got, want)
		}
	}
}

func TestFloat16HasTheValueThatTheStandardGives(t *testing.T) {
	for bits := range 1 << 16 {
		got := float64(Float16(bits).Float32())
		exponent, fraction := bits>>10&31, float64(bits&1023)/1024
		want := math.Ldexp(1+fraction, exponent-15)
		switch {
		case exponent == 31 && fraction > 0:
			want = math.NaN()
		case exponent == 31:
			want = math.Inf(1)
		case exponent == 0:
			want = math.Ldexp(fraction, -14)
		}
		if bits>>15 == 1 {
			want = -want
		}
		if got != want && !(got != got && want != want) || math.Signbit(got) != math.Signbit(want) && got == got {
			t.Fatalf("%#04x is %v, want %v", bits, got, want)
		}
	}
}

func TestHalfWidthLogitsAreAnsweredLikeTheWidenedOnes(t *testing.T) {
	t.Run("bfloat16", func(t *testing.T) { halfVariants(t, Variants[BFloat16](), answeredLikeWidened[BFloat16]) })
	t.Run("float16", func(t *testing.T) { halfVariants(t, Variants[Float16](), answeredLikeWidened[Float16]) })
}

func answeredLikeWidened[E BFloat16 | Float16](t *testing.T, half Kernels[E], full reference.Kernels) {
	r := rand.New(rand.NewPCG(1, 2))
	lengths := []int{2047, 2048, 2049, 4100, 50257, 300_001}
	for length := 1; length <= 260; length++ {
		lengths = append(lengths, length)
	}
	bad := 0
	for _, length := range lengths {
		if testing.Short() && length > 10_000 {
			continue
		}
		for _, temperature := range []float64{0, 1e-300, 1e-38, 4e-32, .05, .7, 1, 3, 5e31, math.Inf(1), -1} {
			const rows = 2
			logits := halves[E](r, rows*length)
			tokens, u := []int{r.IntN(length + 1), r.IntN(length)}, []float64{r.Float64(), 1.1 * r.Float64()} // some out of range
			got := half.answers(logits, rows, tokens, u, temperature)
			want := widening[E](full).answers(logits, rows, tokens, u, temperature)
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%d logits, T = %v:\n%s\nand widened\n%s", length, temperature, brief(got), brief(want))
			}
			if want.errs[1] != "<nil>" {
				bad++
			}
		}
	}
	if bad < 100 {
		t.Errorf("%d matrices were bad, which tests little", bad)
	}
}

func TestHalfWidthLogitsAllocateNothing(t *testing.T) {
	if RaceDetector {
		t.Skip("pools drop what they are given")
	}
	logits, k := halves[BFloat16](rand.New(rand.NewPCG(1, 3)), 3*5000), Best[BFloat16]()
	p, dst, tokens, u := make([]float32, len(logits)), make([]float64, 3), make([]int, 3), make([]float64, 3)
	src := rand.NewPCG(1, 2)
	for _, temperature := range []float64{0, .7} {
		allocs := testing.AllocsPerRun(20, func() {
			k.LogSumExp(dst, logits, .7)
			k.LogProbs(dst, logits, tokens, temperature)
			k.Anneal(p, logits, 3, temperature)
			k.Sample(tokens, logits, u, temperature)
			k.Draw(tokens, logits, src, temperature)
		})
		if allocs != 0 {
			t.Errorf("T = %v: %v allocations, want none", temperature, allocs)
		}
	}
}
