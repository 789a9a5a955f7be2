package simd

import (
	"fmt"
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

// halves makes logits of 16 bits: ordinary ones, masked ones, and now and then any
// bits at all.
func halves[E BFloat16 | Float16](r *rand.Rand, length int) []E {
	narrow, masked := narrowBFloat16[E], E(0xFF80)
	if _, ok := any(masked).(Float16); ok {
		narrow, masked = narrowFloat16[E], E(0xFC00)
	}
	row := make([]E, length)
	kind := r.IntN(4)
	for i := range row {
		row[i] = narrow(3 * r.NormFloat64())
		switch {
		case kind == 1 && r.IntN(2) == 0:
			row[i] = masked
		case kind == 2 && r.IntN(length) == 0:
			row[i] = E(r.IntN(1 << 16)) // NaN, too, and infinity
		case kind == 3:
			row[i] = E(r.IntN(0x7800)) | E(r.IntN(2))<<15
		}
	}
	return row
}

func narrowBFloat16[E BFloat16 | Float16](x float64) E {
	return E(math.Float32bits(float32(x)) >> 16)
}

// narrowFloat16 cuts x off, to what has full precision.
func narrowFloat16[E BFloat16 | Float16](x float64) E {
	fraction, exponent := math.Frexp(math.Abs(x))
	bits := E(max(exponent, -13)+14)<<10 | E(fraction*2048)&1023
	if x < 0 {
		bits |= 1 << 15
	}
	return bits
}

// halfVariants pairs every variant for float32 with the one for another format.
func halfVariants[E Logit](t *testing.T, halves []Kernels[E], test func(t *testing.T, half Kernels[E], full reference.Kernels)) {
	for i, full := range Variants() {
		t.Run(full.Name, func(t *testing.T) {
			if half := halves[i]; half.Name != full.Name || half.Requires != full.Requires || half.Available != full.Available {
				t.Fatalf("%s for float32, %s for 16 bits", full.Name, half.Name)
			}
			if !full.Available {
				t.Skipf("NOT TESTED: %s needs %s", full.Name, full.Requires)
			}
			test(t, halves[i], full)
		})
	}
}

func TestHalfWidthLogitsAreAnsweredLikeTheWidenedOnes(t *testing.T) {
	t.Run("bfloat16", func(t *testing.T) { halfVariants(t, BFloat16Variants(), answeredLikeWidened[BFloat16]) })
	t.Run("float16", func(t *testing.T) { halfVariants(t, Float16Variants(), answeredLikeWidened[Float16]) })
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
		for _, temperature := range []float64{0, 1e-300, 1e-38, .05, .7, 1, 3, 1e30, math.Inf(1), -1} {
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

// answered is what all operations leave behind.
type answered struct {
	lse, logp      []uint64
	p              []uint32
	sampled, drawn []int
	errs           [5]string
}

func (k Kernels[E]) answers(logits []E, rows int, tokens []int, u []float64, temperature float64) answered {
	lse, logp, p := make([]float64, rows), make([]float64, rows), make([]float32, len(logits))
	a := answered{sampled: make([]int, rows), drawn: make([]int, rows)}
	for i, err := range []error{
		k.LogSumExp(lse, logits, temperature),
		k.LogProbs(logp, logits, tokens, temperature),
		k.Anneal(p, logits, rows, temperature),
		k.Sample(a.sampled, logits, u, temperature),
		k.Draw(a.drawn, logits, rand.NewPCG(5, 6), temperature),
	} {
		a.errs[i] = fmt.Sprint(err)
	}
	for r := range rows {
		a.lse, a.logp = append(a.lse, math.Float64bits(lse[r])), append(a.logp, math.Float64bits(logp[r]))
	}
	for _, x := range p {
		a.p = append(a.p, math.Float32bits(x))
	}
	return a
}

func brief(a answered) string {
	a.p = a.p[:min(8, len(a.p))]
	return fmt.Sprintf("%+v", a)
}

func TestHalfWidthLogitsAllocateNothing(t *testing.T) {
	if RaceDetector {
		t.Skip("pools drop what they are given")
	}
	logits, k := halves[BFloat16](rand.New(rand.NewPCG(1, 3)), 3*5000), BestBFloat16()
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
