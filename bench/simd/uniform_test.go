package simd_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"temper/reference"
)

func TestInfiniteTemperatureCountsWhatIsNotMasked(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, length := range []int{1, 7, 2048, 2049, 131072, 600_001} {
		row := make([]float32, length)
		var support []int
		for i := range row {
			if row[i] = float32(1e38 * r.NormFloat64() / 4); i > 0 && r.IntN(2) == 0 {
				row[i] = float32(math.Inf(-1))
			} else {
				support = append(support, i)
			}
		}
		eachVariant(t, func(t *testing.T, k reference.Kernels) {
			lse, p, drawn := make([]float64, 1), make([]float32, length), make([]int, 1)
			must(t, k.LogSumExp(lse, row, math.Inf(1)))
			must(t, k.Anneal(p, row, 1, math.Inf(1)))
			if want := math.Log(float64(len(support))); lse[0] != want {
				t.Errorf("%d logits: LogSumExp = %v, want %v", length, lse[0], want)
			}
			for _, rank := range []int{0, len(support) / 3, len(support) - 1} {
				u := (float64(rank) + .5) / float64(len(support))
				must(t, k.Sample(drawn, row, []float64{u}, math.Inf(1)))
				token := support[rank]
				if drawn[0] != token || p[token] != float32(1/float64(len(support))) {
					t.Errorf("%d logits: u = %v draws token %d, p(%d) = %v; want token %d, of %d", length, u, drawn[0], token, p[token], token, len(support))
				}
			}
			must(t, k.Sample(drawn, row, []float64{1 - 0x1p-53}, math.Inf(1)))
			if last := support[len(support)-1]; drawn[0] != last {
				t.Errorf("%d logits: the largest u draws %d, want %d", length, drawn[0], last)
			}
		})
	}
}
