package simd_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

// spreadBound is 2 float32 ulps of max(|logit_t − max| / T, log vocab, 1), in nats.
// It does not grow with the logits themselves: log p(t) depends on their
// differences only, and those of float32 are exact in float64, or nearly so.
func spreadBound(row []float32, token int, temperature float64) float64 {
	return spreadBoundBelow(slices.Max(row), row, token, temperature)
}

// spreadBoundBelow is spreadBound of a row whose largest logit is known.
func spreadBoundBelow(largest float32, row []float32, token int, temperature float64) float64 {
	unit := math.Max(math.Log(float64(len(row))), 1)
	if logit := float64(row[token]); !math.IsInf(logit, -1) && temperature > 0 {
		unit = math.Max(unit, (float64(largest)-logit)/temperature)
	}
	return twoUlps(unit)
}

func TestLogProbsOfLargeLogitsErrByTheirDifferencesOnly(t *testing.T) {
	for _, c := range []struct {
		row         []float32
		temperature float64
	}{
		{[]float32{1e20, 1e20}, 1},
		{slices.Repeat([]float32{1e36}, 37), .7},
		{slices.Repeat([]float32{-1e36}, 37), .7},
		{[]float32{20, 20, 5}, 1e-12},
		{[]float32{20, 20, 5}, 1e-9},
		{[]float32{20, 20, 5}, 1e-6},
		{[]float32{37.3, 1, 2}, 1e-9},
		{[]float32{37.3, math.Nextafter32(37.3, 0), 2}, 1e-6},
		{[]float32{1e7, 1e7, 1e7 + 1, 0}, 1e-30},
		{[]float32{5e-30, 5e-30, 4e-30, 5e-30}, 1e-36},
		{[]float32{3e37, 3e37, -3e37, float32(math.Inf(-1))}, 1e30},
		{append(slices.Repeat([]float32{-1e20}, 4096), 1e20, 1e20), 1},
	} {
		eachVariant(t, func(t *testing.T, k reference.Kernels) {
			for token := range c.row[:min(len(c.row), 4)] {
				logProbsAreNear(t, k, c.row, token, c.temperature)
			}
			logProbsAreNear(t, k, c.row, len(c.row)-1, c.temperature)
		})
	}
}

func TestHalfWidthLogProbsOfLargeLogitsErrByTheirDifferencesOnly(t *testing.T) {
	for _, k := range simd.Variants[simd.BFloat16]() {
		if !k.Available {
			continue // eachVariant says so elsewhere
		}
		got := []float64{0}
		must(t, k.LogProbs(got, []simd.BFloat16{0x60AD, 0x60AD}, []int{0}, 1)) // twice 1e20
		if math.Abs(got[0]+math.Ln2) > twoUlps(1) {
			t.Errorf("bfloat16, %s: log p = %v, want %v", k.Name, got[0], -math.Ln2)
		}
	}
	for _, k := range simd.Variants[simd.Float16]() {
		if !k.Available {
			continue
		}
		got := []float64{0}
		must(t, k.LogProbs(got, []simd.Float16{0x4D00, 0x4D00, 0x4500}, []int{0}, 1e-12)) // 20, 20 and 5
		if math.Abs(got[0]+math.Ln2) > twoUlps(1) {
			t.Errorf("float16, %s: log p = %v, want %v", k.Name, got[0], -math.Ln2)
		}
	}
}

// Rows far from 0 for their spread, at temperatures of the whole domain.
func TestLogProbsAndAnnealOfRandomWideRowsErrByTheirDifferencesOnly(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		r := rand.New(rand.NewPCG(21, 22))
		for range 20_000 {
			row, temperature := wideRow(r)
			logProbsAreNear(t, k, row, r.IntN(len(row)), temperature)
			logProbsAreNear(t, k, row, slices.Index(row, slices.Max(row)), temperature)
			annealIsNear(t, k, row, temperature)
		}
	})
}

// wideRow is a row with |logit| / T up to 1e37, T in [1e-30, 1e30], in which some
// logits are equal, some neighbours in float32, some apart by a few T and some
// masked. Now and then it has several chunks.
func wideRow(r *rand.Rand) (row []float32, temperature float64) {
	temperature = math.Pow(10, 60*r.Float64()-30)
	// Float32 holds neither larger logits than 3e38, nor finer ones than 1e-38.
	largest := math.Min(1e37*temperature, 1e38)
	smallest := math.Min(math.Max(1e-3*temperature, 1e-30), largest)
	centre := smallest * math.Pow(largest/smallest, r.Float64())
	if r.IntN(2) == 0 {
		centre = -centre
	}
	length := 1 + r.IntN(40)
	if r.IntN(50) == 0 {
		length = 2040 + r.IntN(4000)
	}
	row = make([]float32, length)
	for i := range row {
		row[i] = float32(centre)
		switch r.IntN(6) {
		case 0:
			row[i] = math.Nextafter32(row[i], 0)
		case 1:
			row[i] = float32(centre + float64(r.NormFloat64()*temperature))
		case 2:
			row[i] = float32(centre * r.Float64())
		case 3:
			row[i] = float32(math.Inf(-1))
		}
	}
	row[r.IntN(length)] = float32(centre)
	return row, temperature
}

func logProbsAreNear(t *testing.T, k reference.Kernels, row []float32, token int, temperature float64) {
	t.Helper()
	got, want, tokens := []float64{0}, []float64{0}, []int{token}
	must(t, reference.Scalar.LogProbs(want, row, tokens, temperature))
	must(t, k.LogProbs(got, row, tokens, temperature))
	if bound := spreadBound(row, token, temperature); !near(got[0], want[0], bound) {
		t.Fatalf("%d logits %v…, T = %v: log p(%d) = %v, want %v ± %.2g", len(row), row[:min(len(row), 8)], temperature, token, got[0], want[0], bound)
	}
}

// annealIsNear allows every probability relatively twice what it allows log p: it
// has the error of a power besides that of their sum, and is rounded to float32.
func annealIsNear(t *testing.T, k reference.Kernels, row []float32, temperature float64) {
	t.Helper()
	got, want := make([]float32, len(row)), make([]float32, len(row))
	must(t, reference.Scalar.Anneal(want, row, 1, temperature))
	must(t, k.Anneal(got, row, 1, temperature))
	largest := slices.Max(row)
	for v, p := range got {
		relative := math.Expm1(2 * spreadBoundBelow(largest, row, v, temperature))
		if w := float64(want[v]); math.Abs(float64(p)-w) > float64(relative*w)+0x1p-126 || p > 0 && row[v] < -math.MaxFloat32 {
			t.Fatalf("%d logits %v…, T = %v: p(%d) = %v, want %v", len(row), row[:min(len(row), 8)], temperature, v, p, w)
		}
	}
}
