package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// The model is the arithmetic of _asm, one number at a time: what the assembly
// of every instruction set must give, bit for bit.

// modelCoefficients are those of _asm/polynomial.go, lowest first.
var modelCoefficients = [...]float32{1, 0x1.62e43p-01, 0x1.ec0aa6p-03, 0x1.c6b8bep-05}

// fma is a·b + c rounded once. The product is exact in float64; the sum is
// rounded to odd there, so that the second rounding cannot err.
func fma(a, b, c float32) float32 {
	product, addend := float64(a)*float64(b), float64(c)
	sum := product + addend
	part := sum - product
	lost := (product - (sum - part)) + (addend - part)
	if bits := math.Float64bits(sum); lost != 0 && bits%2 == 0 {
		if (lost > 0) == (sum > 0) {
			sum = math.Float64frombits(bits + 1)
		} else {
			sum = math.Float64frombits(bits - 1)
		}
	}
	return float32(sum)
}

// modelPower is 2^(x·c − k) as two factors.
func modelPower(x float32, a affine) (polynomial, scale float32) {
	if x < a.least {
		x = a.least
	}
	rounded := fma(x, a.high, a.shift)
	r := fma(x, a.high, -(rounded - a.shift))
	r = fma(x, a.low, r)
	polynomial = modelCoefficients[len(modelCoefficients)-1]
	for i := len(modelCoefficients) - 2; i >= 0; i-- {
		polynomial = fma(polynomial, r, modelCoefficients[i])
	}
	eighths := math.Float32bits(rounded) // of the biased exponent, in the last bits
	root := float32(math.Exp2(float64(eighths%8) / 8))
	exponent := eighths / 8 % 256 << 23
	return polynomial, math.Float32frombits(math.Float32bits(root) - math.Float32bits(1) + exponent)
}

// modelSum adds 32 lanes up in blocks of 256 logits, up to eight blocks in the same
// lanes, and all of these in 8 lanes of float64. add returns a lane with one more logit
// in it.
func modelSum(x []float32, add func(lane float32, i int) float32) float64 {
	const block, blocks = 256, 8 * 256
	var whole [8]float64
	for from := 0; from < len(x); from += blocks {
		var lanes [32]float32
		for at := from; at < min(from+blocks, len(x)); at += block {
			var more [32]float32
			for i := at; i < min(at+block, len(x)); i++ {
				more[i%32] = add(more[i%32], i)
			}
			for j := range lanes {
				lanes[j] += more[j]
			}
		}
		for j := range whole {
			first := float64(lanes[j]) + float64(lanes[j+8])
			second := float64(lanes[j+16]) + float64(lanes[j+24])
			whole[j] += first + second
		}
	}
	for half := 4; half > 0; half /= 2 {
		for j := range half {
			whole[j] += whole[j+half]
		}
	}
	return whole[0]
}

// modelTop is the largest exponent, rounded and biased.
func modelTop(x []float32, a affine) float32 {
	return fma(max(maximum(x), a.least), a.high, a.shift)
}

// eachInstructionSet runs a test on every instruction set that this machine has.
func eachInstructionSet(t *testing.T, test func(t *testing.T, set instructionSet)) {
	if len(instructionSets) == 0 {
		t.Skipf("NOT TESTED: there is no assembly for %s", runtime.GOARCH)
	}
	for _, set := range instructionSets {
		t.Run(set.name, func(t *testing.T) {
			if !set.available() {
				t.Skipf("NOT TESTED: this machine has no %s", set.name)
			}
			test(t, set)
		})
	}
}

// eachInput runs a test on every instruction set with rows of all lengths up to
// 600 and of some longer ones.
func eachInput(t *testing.T, test func(set instructionSet, x []float32, a affine) error) {
	eachInstructionSet(t, func(t *testing.T, set instructionSet) {
		r := rand.New(rand.NewPCG(1, 2))
		for length := 1; length <= 2100; length++ {
			if length > 600 && length < 2040 {
				continue
			}
			x := make([]float32, length)
			spread, center, masks := math.Exp2(12*r.Float64()-4), 100*r.NormFloat64(), r.IntN(2)
			for i := range x {
				x[i] = float32(center + spread*r.NormFloat64())
				if masks == 1 && r.IntN(3) == 0 {
					x[i] = float32(math.Inf(-1))
				}
			}
			c := math.Log2E / (.05 + 2*r.Float64())
			a := affineOf(c, math.RoundToEven(float64(max(maximum(x), -1e4))*c))
			if err := test(set, x, a); err != nil {
				t.Fatalf("%d logits, %+v: %v", length, a, err)
			}
		}
	})
}

func TestMaximumOfAssemblyIsThatOfGo(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		if got, want := set.float32.maximum(x), maximum(x); got != want {
			return fmt.Errorf("maximum is %v, want %v", got, want)
		}
		return nil
	})
}

// A variant that looks for the maximum of a chunk with NaN still has to see +Inf: the
// error names whichever comes first in the row.
func TestMaximumOfAssemblyPassesOverNaN(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		for range 4 {
			with := append([]float32(nil), x...)
			with[r.IntN(len(x))] = float32(math.Inf(1))
			largest := float32(math.Inf(-1))
			for i := range with {
				if r.IntN(3) == 0 {
					with[i] = float32(math.NaN())
				}
				if with[i] > largest {
					largest = with[i]
				}
			}
			if got := set.float32.maximum(with); got != largest {
				return fmt.Errorf("maximum is %v, want %v", got, largest)
			}
		}
		return nil
	})
}

func TestCountAndMarkOfAssemblyAreThoseOfGo(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		tokens, _ := count(x)
		if masked, total := set.float32.count(x); int(masked) != len(x)-tokens || !(total <= math.MaxFloat32) {
			return fmt.Errorf("%d are masked, want %d; the sum is %v", masked, len(x)-tokens, total)
		}
		got, want := make([]float32, len(x)+1), make([]float32, len(x)+1)
		set.float32.mark(got[:len(x)], x, a.high)
		if mark(want, x, a.high); !slices.Equal(got, want) {
			return fmt.Errorf("marks are %v, want %v", got, want)
		}
		return nil
	})
}

// The sums of count and peak are how their callers learn of bad logits.
func TestCountAndPeakOfAssemblyShowBadLogits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		for _, bits := range []uint32{0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFFFFFFF, 0x7F800000} {
			with := slices.Clone(x)
			with[r.IntN(len(x))] = math.Float32frombits(bits)
			if _, total := set.float32.count(with); total <= math.MaxFloat32 {
				return fmt.Errorf("%#x among the logits to count: their sum is %v", bits, total)
			}
			largest, total := set.float32.peak(with)
			if want := maximum(with); want != want && total == total || want == want && largest != want {
				return fmt.Errorf("%#x among the logits: the largest is %v, their sum %v", bits, largest, total)
			}
		}
		if largest, _ := set.float32.peak(x); largest != maximum(x) {
			return fmt.Errorf("the largest is %v, want %v", largest, maximum(x))
		}
		return nil
	})
}

func TestSumHasTheBitsOfTheModel(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		want := modelSum(x, func(lane float32, i int) float32 {
			polynomial, scale := modelPower(x[i], a)
			return fma(polynomial, scale, lane)
		})
		highest := modelTop(x, a)
		if got, top := set.float32.sum(x, a.high, a.low, a.shift, a.least); got != want || top != highest {
			return fmt.Errorf("sum is %v, want %v; top is %v, want %v", got, want, top, highest)
		}
		return nil
	})
}

func TestWeighHasTheBitsOfTheModel(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		w := make([]float32, len(x))
		for i, v := range x {
			polynomial, scale := modelPower(v, a)
			w[i] = float32(polynomial * scale) // rounded before it is added
		}
		want := modelSum(x, func(lane float32, i int) float32 { return lane + w[i] })
		dst := make([]float32, len(x))
		highest := modelTop(x, a)
		if got, top := set.float32.weigh(dst, x, a.high, a.low, a.shift, a.least); got != want || top != highest {
			return fmt.Errorf("sum is %v, want %v; top is %v, want %v", got, want, top, highest)
		}
		for i := range w {
			if dst[i] != w[i] {
				return fmt.Errorf("power of logit %d is %v, want %v", i, dst[i], w[i])
			}
		}
		return nil
	})
}

func TestMultiplyHasTheBitsOfTheModel(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		got := append([]float32(nil), x...)
		set.multiply(got, a.high)
		for i, v := range x {
			if want := v * a.high; got[i] != want && !math.IsInf(float64(v), -1) {
				return fmt.Errorf("product %d is %v, want %v", i, got[i], want)
			}
		}
		return nil
	})
}

func TestNaNIsNeverLost(t *testing.T) {
	eachInput(t, func(set instructionSet, x []float32, a affine) error {
		for _, nan := range []uint32{0x7FC00000, 0xFFC00000, 0x7F800001, 0xFFFFFFFF} {
			i := len(x) * 2 / 3
			x[i] = math.Float32frombits(nan)
			dst := make([]float32, len(x))
			if sum, _ := set.float32.sum(x, a.high, a.low, a.shift, a.least); sum == sum {
				return fmt.Errorf("sum over NaN %#x at %d is %v", nan, i, sum)
			}
			if sum, _ := set.float32.weigh(dst, x, a.high, a.low, a.shift, a.least); sum == sum || dst[i] == dst[i] {
				return fmt.Errorf("powers over NaN %#x at %d are %v, their sum %v", nan, i, dst[i], sum)
			}
		}
		return nil
	})
}

func TestModelIsExp2(t *testing.T) {
	a := affineOf(1, 0)
	for i := range 1 << 18 {
		x := .5 - 126*float32(i)/(1<<18)
		polynomial, scale := modelPower(x, a)
		got, want := float64(polynomial)*float64(scale), math.Exp2(float64(x))
		if math.Abs(got/want-1) > 1.3e-7 {
			t.Fatalf("2^%v = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float32{-127, -1e30, -math.MaxFloat32, float32(math.Inf(-1))} {
		if _, scale := modelPower(x, a); scale != 0 {
			t.Errorf("2^%v has the factor %v, want 0", x, scale)
		}
	}
}

func TestFitsSaysOfTheLargestLogitWhatTheSumSays(t *testing.T) {
	t.Run("portable", func(t *testing.T) { fitsLikeSum(t, portable32) })
	eachInstructionSet(t, func(t *testing.T, set instructionSet) { fitsLikeSum(t, vector(&set, set.float32, portable32)) })
}

func fitsLikeSum(t *testing.T, a *arithmetic[float32]) {
	r := rand.New(rand.NewPCG(3, 4))
	said := map[bool]int{}
	for range 100_000 {
		c := math.Exp2(20*r.Float64() - 10)
		k := math.RoundToEven(1000 * r.NormFloat64())
		top := float32((k + headroom + float64(r.IntN(5)-1)/16) / c)
		_, fits := a.sum([]float32{top}, c, k)
		if got := a.fits(top, c, k); got != fits {
			t.Fatalf("%v · %v − %v: fits is %v, the sum's %v", top, c, k, got, fits)
		}
		said[fits]++
	}
	if min(said[true], said[false]) < 10_000 {
		t.Errorf("an unequal test: %v", said)
	}
}

// Chunks that are added up by one call have the sums that they have alone.
func TestSumOfChunksIsTheSumOfEach(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	eachInstructionSet(t, func(t *testing.T, set instructionSet) {
		if set.float32.chunks == nil {
			t.Skip("adds up chunks one by one")
		}
		for n := 1; n <= 5; n++ {
			x, half := make([]float32, n*chunkLength), make([]uint16, n*chunkLength)
			for i := range x {
				x[i] = float32(8 * r.NormFloat64())
				half[i] = uint16(math.Float32bits(x[i]) >> 16)
			}
			sameSums(t, set.float32, x)
			sameSums(t, set.bfloat16, half)
			for i := range half {
				half[i] = 0x3C00 + uint16(r.IntN(1<<11)) // float16 from 1 to 4
			}
			sameSums(t, set.float16, half)
		}
	})
}

func sameSums[W float32 | uint16](t *testing.T, code assembly[W], x []W) {
	t.Helper()
	a := affineOf(1.7, 3)
	sums, largest := make([]float64, len(x)/chunkLength), float32(0)
	highest := code.chunks(sums, x, a.high, a.low, a.shift, a.least)
	for i, sum := range sums {
		want, top := code.sum(x[i*chunkLength:(i+1)*chunkLength], a.high, a.low, a.shift, a.least)
		if largest = max(largest, top); sum != want {
			t.Errorf("%d chunks: sum %d is %v, want %v", len(sums), i, sum, want)
		}
	}
	if highest != largest {
		t.Errorf("%d chunks: top is %v, want %v", len(sums), highest, largest)
	}
}
