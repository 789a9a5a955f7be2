package simd_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

// eachVariant runs a test on every variant that this machine can run.
func eachVariant(t *testing.T, test func(t *testing.T, k reference.Kernels)) {
	for _, k := range simd.Float32Variants() {
		where(t, k.Name, k.Requires, k.Available, func(t *testing.T) { test(t, k) })
	}
}

// where runs a test of a variant if this machine can run it. Otherwise the test is skipped,
// or failed if the environment variable REQUIRE names the variant.
func where(t *testing.T, name, requires string, available bool, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		switch {
		case available:
			test(t)
		case slices.Contains(strings.Split(os.Getenv("REQUIRE"), ","), name):
			t.Fatalf("%s is required here, and this machine has no %s", name, requires)
		default:
			t.Skipf("NOT TESTED: %s needs %s", name, requires)
		}
	})
}

func TestBestIsAvailable(t *testing.T) {
	if k := reference.Kernels(simd.Best[float32]()); !k.Available {
		t.Errorf("Best is %s, which this machine cannot run", k.Name)
	}
}

func TestLogSumExpAndLogProbsAreWithinTwoUlpsOfTheReference(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for name, row := range rows {
			for _, T := range temperaturesFor(row) {
				want, got, lse := make([]float64, 1), make([]float64, 1), make([]float64, 1)
				if T > 0 {
					must(t, reference.Scalar.LogSumExp(lse, row, T))
					must(t, k.LogSumExp(got, row, T))
					if !near(got[0], lse[0], bound(row, lse[0], T)) {
						t.Fatalf("%s, T = %v: LogSumExp = %v, want %v", name, T, got[0], lse[0])
					}
				}
				for _, token := range []int{0, len(row) / 2, len(row) - 1} {
					must(t, reference.Scalar.LogProbs(want, row, []int{token}, T))
					must(t, k.LogProbs(got, row, []int{token}, T))
					if !near(got[0], want[0], spreadBound(row, token, T)) {
						t.Fatalf("%s, T = %v: LogProbs of %d = %v, want %v", name, T, token, got[0], want[0])
					}
				}
			}
		}
	})
}

func TestAnnealIsWithinTwoUlpsOfTheReference(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for name, row := range rows {
			want, got, place := make([]float32, len(row)), make([]float32, len(row)), make([]float32, len(row))
			for _, T := range temperaturesFor(row) {
				lse := []float64{0}
				if T > 0 {
					must(t, reference.Scalar.LogSumExp(lse, row, T))
				}
				relative := math.Expm1(bound(row, lse[0], T))
				must(t, reference.Scalar.Anneal(want, row, 1, T))
				must(t, k.Anneal(got, row, 1, T))
				copy(place, row)
				must(t, k.Anneal(place, place, 1, T))
				if !slices.Equal(got, place) {
					t.Fatalf("%s, T = %v: Anneal in place differs from Anneal apart", name, T)
				}
				for i := range row {
					if w := float64(want[i]); math.Abs(float64(got[i])-w) > relative*w+0x1p-126 || got[i] > 0 && row[i] < -math.MaxFloat32 {
						t.Fatalf("%s, T = %v: p(%d) = %v, want %v", name, T, i, got[i], want[i])
					}
				}
			}
		}
	})
}

// A compiler that rounds x·c − k once makes the rounding of x·c the exponent of the only
// logit: for 9.99e36 at T = 1 it is 2^69.
func TestTheOnlyLogitHasAllTheProbabilityHoweverLargeItIs(t *testing.T) {
	r := rand.New(rand.NewPCG(51, 52))
	logits := []float32{9.99e36, -9.99e36, math.MaxFloat32, -math.MaxFloat32}
	for range 200 {
		logits = append(logits, float32(math.Copysign(math.Pow(10, 38*r.Float64()), r.Float64()-.5)))
	}
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for _, x := range logits {
			for _, T := range []float64{.7, 1, 3} {
				p, logp, token := []float32{0}, []float64{1}, []int{-1}
				must(t, k.Anneal(p, []float32{x}, 1, T))
				must(t, k.LogProbs(logp, []float32{x}, []int{0}, T))
				must(t, k.Sample(token, []float32{x}, []float64{.5}, T))
				if math.Abs(float64(p[0])-1) > 0x1p-22 || math.Abs(logp[0]) > 0x1p-22 || token[0] != 0 {
					t.Fatalf("logit %v, T = %v: p = %v, log p = %v, token %d", x, T, p[0], logp[0], token[0])
				}
			}
		}
	})
}

func TestLogitsOnBothSidesOfTheBorderOfReachShareTheMass(t *testing.T) {
	const chunk, border = 2048, 90852 // border · log2(e) is just within avx2's reach
	row, p := make([]float32, 2*chunk), make([]float32, 2*chunk)
	for i := range row {
		row[i] = float32(border + i/chunk)
	}
	want := 1 / (1 + math.E) / chunk
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		must(t, k.Anneal(p, row, 1, 1))
		for i, got := range p[:chunk] {
			if math.Abs(float64(got)-want) > 1e-6*want {
				t.Fatalf("p(%d) = %v, want %v", i, got, want)
			}
		}
	})
}

func TestNaNFarBelowTheRestIsFound(t *testing.T) {
	const chunk = 2048
	row := make([]float32, 3*chunk)
	for _, prefix := range []float32{-1000, float32(math.Inf(-1))} {
		for i := range row[:chunk] {
			row[i] = prefix
		}
		row[5] = float32(math.NaN())
		eachVariant(t, func(t *testing.T, k reference.Kernels) {
			for name, err := range map[string]error{
				"LogSumExp": k.LogSumExp(make([]float64, 1), row, .7),
				"Anneal":    k.Anneal(make([]float32, len(row)), row, 1, .7),
				"Sample":    k.Sample(make([]int, 1), row, []float64{.5}, .7),
			} {
				if !errors.Is(err, reference.ErrNaN) {
					t.Errorf("after logits of %v, %s says %v, want ErrNaN", prefix, name, err)
				}
			}
		})
	}
}

func TestSampleInvertsTheDistributionFunction(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for name, row := range rows {
			for _, T := range temperaturesFor(row) {
				p := weights(row, T)
				lse := []float64{0}
				if T > 0 {
					must(t, reference.Scalar.LogSumExp(lse, row, T))
				}
				slack := math.Expm1(2*bound(row, lse[0], T)) + 1e-15
				got := make([]int, 1)
				for _, u := range []float64{0, 1e-9, .25, .5, .9, 1 - 0x1p-24, 1 - 0x1p-53} {
					must(t, k.Sample(got, row, []float64{u}, T))
					below, upTo := 0.0, 0.0
					for _, w := range p[:got[0]] {
						below += w
					}
					upTo = below + p[got[0]]
					if p[got[0]] == 0 || u < below*(1-slack)-slack*(1-below) || u > upTo*(1+slack)+slack*(1-upTo) {
						t.Fatalf("%s, T = %v: u = %v draws %d of p = %v, whose interval is [%v, %v)", name, T, u, got[0], p[got[0]], below, upTo)
					}
				}
			}
		}
	})
}

func TestEveryTokensIntervalHasTheLengthOfItsProbability(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		r := rand.New(rand.NewPCG(3, 4))
		for _, length := range []int{2, 27, 129, 2049, 5000} {
			row := make([]float32, length)
			for i := range row {
				row[i] = float32(3 * r.NormFloat64())
			}
			lse := []float64{0}
			must(t, reference.Scalar.LogSumExp(lse, row, .7))
			relative := math.Expm1(bound(row, lse[0], .7))
			p := weights(row, .7)
			for range 200 {
				token := r.IntN(length)
				got := firstDraw(t, k, row, token+1, .7) - firstDraw(t, k, row, token, .7)
				if math.Abs(got-p[token]) > relative*p[token]+0x1p-50 {
					t.Fatalf("%d logits: token %d has an interval of %v, want %v", length, token, got, p[token])
				}
			}
		}
	})
}

// firstDraw is the smallest u that Sample answers with a token or one after it.
func firstDraw(t *testing.T, k reference.Kernels, row []float32, token int, temperature float64) float64 {
	low, high := uint64(0), uint64(1)<<53
	for low < high {
		middle := (low + high) / 2
		got := []int{0}
		must(t, k.Sample(got, row, []float64{float64(middle) * 0x1p-53}, temperature))
		if got[0] >= token {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return float64(low) * 0x1p-53
}

func TestDrawIsSampleWithOneWord(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		logits := make([]float32, 9*300)
		r := rand.New(rand.NewPCG(5, 6))
		for i := range logits {
			logits[i] = float32(r.NormFloat64())
		}
		src := rand.NewPCG(7, 8)
		u := make([]float64, 9)
		for i := range u {
			u[i] = reference.Uniform(src)
		}
		want, got := make([]int, 9), make([]int, 9)
		must(t, k.Sample(want, logits, u, .7))
		must(t, k.Draw(got, logits, rand.NewPCG(7, 8), .7))
		if !slices.Equal(got, want) {
			t.Errorf("Draw gives %v, Sample on the same words %v", got, want)
		}
	})
}

func TestBadRowsAreNamedAndDoNotSpread(t *testing.T) {
	const vocab = 5000
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for at, place := range []int{0, 15, 128, 2047, 2048, vocab - 1} {
			logits := make([]float32, 5*vocab)
			for i := range logits {
				logits[i] = float32(i % 7)
			}
			logits[vocab+place] = nan
			logits[2*vocab+place] = inf
			for i := range vocab {
				logits[3*vocab+i] = -inf
			}
			nans := 0
			dst := slices.Clone(logits)
			err := k.Anneal(dst, dst, 5, .7)
			want := reference.Scalar.Anneal(slices.Clone(logits), logits, 5, .7)
			if err == nil || err.Error() != want.Error() {
				t.Fatalf("case %d: Anneal says %v, want %v", at, err, want)
			}
			for _, p := range dst {
				if p != p {
					nans++
				}
			}
			if nans != 3*vocab {
				t.Fatalf("case %d: Anneal left %d NaN, want %d", at, nans, 3*vocab)
			}
			lse := []float64{1, 2, 3, 4, 5}
			err = k.LogSumExp(lse, logits, .7)
			if err == nil || err.Error() != want.Error() || lse[1] != 2 || lse[2] != 3 || lse[3] != 4 || lse[0] == 1 || lse[4] == 5 {
				t.Fatalf("case %d: LogSumExp gives %v and %v, want %v", at, lse, err, want)
			}
			tokens := []int{-1, -1, -1, -1, -1}
			err = k.Sample(tokens, logits, make([]float64, 5), .7)
			if err == nil || err.Error() != want.Error() || !slices.Equal(tokens, []int{0, -1, -1, -1, 0}) {
				t.Fatalf("case %d: Sample gives %v and %v, want %v", at, tokens, err, want)
			}
		}
	})
}

func TestRowsAreIndependent(t *testing.T) {
	const rows, vocab = 7, 4099
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		logits := make([]float32, rows*vocab)
		r := rand.New(rand.NewPCG(9, 10))
		for i := range logits {
			logits[i] = float32(math.Pow(10, float64(i/vocab)) * r.NormFloat64())
		}
		whole, single := make([]float64, rows), make([]float64, 1)
		must(t, k.LogSumExp(whole, logits, .7))
		for i := range rows {
			moved := append(make([]float32, i), logits[i*vocab:(i+1)*vocab]...)
			must(t, k.LogSumExp(single, moved[i:], .7))
			if single[0] != whole[i] {
				t.Errorf("row %d has LogSumExp %v alone and %v in the batch", i, single[0], whole[i])
			}
		}
	})
}

func TestNothingIsAllocated(t *testing.T) {
	if simd.RaceDetector {
		t.Skip("pools drop what they are given")
	}
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		logits := make([]float32, 3*5000)
		p, dst, tokens, u := make([]float32, len(logits)), make([]float64, 3), make([]int, 3), make([]float64, 3)
		src := rand.NewPCG(1, 2)
		allocs := testing.AllocsPerRun(20, func() {
			k.LogSumExp(dst, logits, .7)
			k.LogProbs(dst, logits, tokens, .7)
			k.Anneal(p, logits, 3, .7)
			k.Sample(tokens, logits, u, .7)
			k.Draw(tokens, logits, src, .7)
		})
		if allocs != 0 {
			t.Errorf("%v allocations, want none", allocs)
		}
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTemperatureZeroTakesTheFirstOfTheLargestWhereverItStands(t *testing.T) {
	const vocab = 5000
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		row, drawn, p := make([]float32, vocab), make([]int, 1), make([]float32, vocab)
		for i := range row {
			row[i] = float32(math.Inf(-1))
		}
		for _, place := range []int{vocab - 1, 4096, 2048, 2047, 17, 0} {
			row[place] = -3 // those behind it are equal
			must(t, k.Sample(drawn, row, []float64{.999}, 0))
			must(t, k.Anneal(p, row, 1, 0))
			if drawn[0] != place || p[place] != 1 {
				t.Errorf("token %d and p = %v, want %d and 1", drawn[0], p[place], place)
			}
		}
		row[4999] = float32(math.NaN())
		if err := k.Draw(drawn, row, nil, 0); !errors.Is(err, reference.ErrNaN) {
			t.Errorf("a row with NaN: %v, want ErrNaN", err)
		}
		if err := k.Draw(drawn, []float32{-math.MaxFloat32, math.MaxFloat32, math.MaxFloat32, 0, 1}, nil, 0); err != nil || drawn[0] != 1 {
			t.Errorf("the largest floats: token %d, %v, want 1", drawn[0], err)
		}
	})
}
