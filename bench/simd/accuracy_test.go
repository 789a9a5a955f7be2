package simd_test

import (
	"flag"
	"math"
	"math/rand/v2"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

var logitsTried = flag.Int("logits", 3_000_000, "how many random logits TestRandomLogitsAreWithinTwoUlps tries")

// TestRandomLogitsAreWithinTwoUlps finds the largest error over rows of random
// length, spread, centre and temperature: of LogSumExp in float32 ulps of max(largest
// |logit| / T, |LogSumExp|, 1), of LogProbs in float32 ulps of max(|logit_t − max| / T,
// log vocab, 1). A long campaign:
//
//	go test ./bench/simd -run RandomLogits -v -logits 1000000000 -timeout 0
func TestRandomLogitsAreWithinTwoUlps(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	worst := map[string]float64{}
	row := make([]float32, 1<<17)
	got, want, logp := make([]float64, 1), make([]float64, 1), make([]float64, 1)
	for tried := 0; tried < *logitsTried; tried += len(row) {
		row = row[:1+r.IntN(1<<r.IntN(18))]
		spread, centre, temperature := math.Exp2(10*r.Float64()-5), 20*r.NormFloat64(), math.Exp2(6*r.Float64()-3)
		for i := range row {
			row[i] = float32(centre + spread*r.NormFloat64())
		}
		token := []int{r.IntN(len(row))}
		must(t, reference.Scalar.LogSumExp(want, row, temperature))
		must(t, reference.Scalar.LogProbs(logp, row, token, temperature))
		ulp := bound(row, want[0], temperature) / 2
		for _, k := range simd.Float32Variants() {
			if !k.Available {
				continue // eachVariant says so elsewhere
			}
			must(t, k.LogSumExp(got, row, temperature))
			worst[k.Name] = max(worst[k.Name], math.Abs(got[0]-want[0])/ulp)
			must(t, k.LogProbs(got, row, token, temperature))
			worst[k.Name] = max(worst[k.Name], math.Abs(got[0]-logp[0])/(spreadBound(row, token[0], temperature)/2))
		}
	}
	for name, ulps := range worst {
		t.Logf("%s: at most %.3f ulps", name, ulps)
		if ulps > 2 {
			t.Errorf("%s errs by %.3f ulps, more than 2", name, ulps)
		}
	}
}
