package simd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
)

// A matrix whose rows have several defects at once: NaN and +Inf, and a token or a
// number u out of range.
type defective struct {
	logits []float32
	rows   int
	tokens []int
	u      []float64
}

// defectiveMatrix has rows with up to three bad logits, wherever they stand; some
// rows are masked but for those.
func defectiveMatrix(r *rand.Rand, vocab int) defective {
	d := defective{rows: 3}
	bad := []float32{
		float32(math.NaN()), math.Float32frombits(0xFFC00001), float32(math.Inf(1)), float32(math.Inf(1)),
		math.MaxFloat32, -math.MaxFloat32, 1e6, // good, and out of reach
	}
	for range d.rows {
		row, masked := make([]float32, vocab), r.IntN(5) == 0
		for i := range row {
			if row[i] = float32(3 * r.NormFloat64()); masked {
				row[i] = float32(math.Inf(-1))
			}
		}
		for range r.IntN(4) {
			row[r.IntN(vocab)] = bad[r.IntN(len(bad))]
		}
		d.logits = append(d.logits, row...)
		d.tokens = append(d.tokens, []int{0, vocab - 1, vocab, -1}[r.IntN(4)])
		d.u = append(d.u, []float64{0, .5, 1, -1, math.NaN()}[r.IntN(5)])
	}
	return d
}

// complaints are the errors of all operations on it.
func (d defective) complaints(k reference.Kernels, temperature float64) []string {
	place := slices.Clone(d.logits)
	var said []string
	for _, err := range []error{
		k.LogSumExp(make([]float64, d.rows), d.logits, temperature),
		k.LogProbs(make([]float64, d.rows), d.logits, d.tokens, temperature),
		k.Anneal(make([]float32, len(d.logits)), d.logits, d.rows, temperature),
		k.Anneal(place, place, d.rows, temperature),
		k.Sample(make([]int, d.rows), d.logits, d.u, temperature),
		k.Draw(make([]int, d.rows), d.logits, rand.NewPCG(1, 2), temperature),
	} {
		said = append(said, fmt.Sprint(err))
	}
	return said
}

func TestEveryVariantNamesTheSameDefectOfARowWithTwo(t *testing.T) {
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		r := rand.New(rand.NewPCG(31, 32))
		lengths := []int{2047, 2048, 2049, 4096, 5000}
		for length := 1; length <= 70; length++ {
			lengths = append(lengths, length)
		}
		told := 0
		for _, vocab := range lengths {
			for range 4 + 400/vocab/vocab {
				d := defectiveMatrix(r, vocab)
				for _, temperature := range []float64{0, 1e-300, 1e-6, .7, 1e30, math.Inf(1), -1} {
					got, want := d.complaints(k, temperature), d.complaints(reference.Scalar, temperature)
					if !slices.Equal(got, want) {
						t.Fatalf("%d logits, T = %v, tokens %v, u %v:\n%q\nwant\n%q", vocab, temperature, d.tokens, d.u, got, want)
					}
					if want[1] != "<nil>" {
						told++
					}
				}
			}
		}
		if told < 1000 {
			t.Errorf("%d matrices were bad, which tests little", told)
		}
	})
}

func TestEveryVariantNamesTheSameDefectOfACallWithTwo(t *testing.T) {
	nan := float32(math.NaN())
	eachVariant(t, func(t *testing.T, k reference.Kernels) {
		for _, temperature := range []float64{-1, 0, .7, math.Inf(1)} {
			for _, d := range []defective{
				{logits: []float32{1, nan, 3}, rows: 2, tokens: []int{0, 9}, u: []float64{0, 2}},
				{logits: []float32{1, nan}, rows: 2, tokens: []int{9}, u: []float64{2}},
				{logits: nil, rows: 2, tokens: []int{0, 9}, u: []float64{0, 2}},
				{logits: []float32{nan}, rows: 0},
			} {
				if got, want := d.complaints(k, temperature), d.complaints(reference.Scalar, temperature); !slices.Equal(got, want) {
					t.Errorf("%+v, T = %v:\n%q\nwant\n%q", d, temperature, got, want)
				}
			}
		}
	})
}
