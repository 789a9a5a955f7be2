package simd_test

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/reference"
)

// Rows of every kind and of every length up to 70, alone and in a batch, at temperatures
// within the range of the assembly and next to its ends. Of longer rows every length is
// tried with one kind, and every kind with some lengths.
func TestShortRowsOfEveryKindErrByTheirDifferencesOnly(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 9
	}
	fillers := maps.Clone(kinds)
	fillers["near 1e-31"] = func(r *rand.Rand, _, _ int) float32 { return float32(1e-31 * r.NormFloat64()) }
	fillers["near 1e32"] = func(r *rand.Rand, _, _ int) float32 { return float32(1e32 * r.NormFloat64()) }
	for kind, fill := range fillers {
		r := rand.New(rand.NewPCG(81, 82))
		for length := 1; length <= 70; length += step {
			for _, rows := range []int{1, 11} {
				m := shortRows(r, fill, rows, length)
				for _, temperature := range []float64{0, 1e-300, 1e-39, 3.5e-32, 3.6e-32, 4e-32, 1e-6, .05, .7, 3, 1e6, 5e31, 5.8e31, 5.9e31, 1e40, 1e300, math.Inf(1)} {
					want := m.exactly(t, temperature)
					for _, k := range simd.Float32Variants() {
						if !k.Available {
							continue // TestEveryVariantKeepsTheLaws says so
						}
						if err := want.judge(k); err != nil {
							t.Fatalf("%s, %s, %d rows of %d, T = %v: %v", k.Name, kind, rows, length, temperature, err)
						}
					}
				}
			}
		}
	}
}

type shortMatrix struct {
	logits      []float32
	rows, vocab int
	tokens      []int
	u           []float64
}

func shortRows(r *rand.Rand, fill func(r *rand.Rand, i, length int) float32, rows, vocab int) shortMatrix {
	m := shortMatrix{rows: rows, vocab: vocab}
	for range rows {
		row := make([]float32, vocab)
		for i := range row {
			row[i] = fill(r, i, vocab)
		}
		if math.IsInf(float64(slices.Max(row)), -1) {
			row[r.IntN(vocab)] = float32(r.NormFloat64()) // something has support
		}
		m.logits, m.tokens, m.u = append(m.logits, row...), append(m.tokens, r.IntN(vocab)), append(m.u, r.Float64())
	}
	return m
}

// shortAnswers are what the reference returns of a matrix.
type shortAnswers struct {
	shortMatrix
	temperature float64
	lse, logp   []float64
	p           []float32
}

func (m shortMatrix) exactly(t *testing.T, temperature float64) shortAnswers {
	a := shortAnswers{m, temperature, make([]float64, m.rows), make([]float64, m.rows), make([]float32, len(m.logits))}
	if temperature > 0 {
		must(t, reference.Scalar.LogSumExp(a.lse, m.logits, temperature))
	}
	must(t, reference.Scalar.LogProbs(a.logp, m.logits, m.tokens, temperature))
	must(t, reference.Scalar.Anneal(a.p, m.logits, m.rows, temperature))
	return a
}

// judge compares a variant's with these, within 2 float32 ulps of the differences of logits.
func (a shortAnswers) judge(k reference.Kernels) error {
	lse, logp, p, drawn := make([]float64, a.rows), make([]float64, a.rows), make([]float32, len(a.logits)), make([]int, a.rows)
	var err error
	if a.temperature > 0 {
		err = k.LogSumExp(lse, a.logits, a.temperature)
	}
	err = errors.Join(err, k.LogProbs(logp, a.logits, a.tokens, a.temperature), k.Anneal(p, a.logits, a.rows, a.temperature), k.Sample(drawn, a.logits, a.u, a.temperature))
	if err != nil {
		return err
	}
	for r := range a.rows {
		row, want, got := a.logits[r*a.vocab:(r+1)*a.vocab], a.p[r*a.vocab:(r+1)*a.vocab], p[r*a.vocab:(r+1)*a.vocab]
		if !near(lse[r], a.lse[r], bound(row, a.lse[r], a.temperature)) {
			return fmt.Errorf("row %d: LogSumExp is %v, want %v", r, lse[r], a.lse[r])
		}
		if !near(logp[r], a.logp[r], spreadBound(row, a.tokens[r], a.temperature)) {
			return fmt.Errorf("row %d: log p(%d) is %v, want %v", r, a.tokens[r], logp[r], a.logp[r])
		}
		largest, before, slack := slices.Max(row), 0.0, 0x1p-40
		for v, w := range want {
			w, relative := float64(w), math.Expm1(2*spreadBoundBelow(largest, row, v, a.temperature))
			off := 0x1p-126
			if w > 0 {
				off += relative * w
			}
			if !(math.Abs(float64(got[v])-w) <= off) {
				return fmt.Errorf("row %d: p(%d) is %v, want %v", r, v, got[v], w)
			}
			if slack += off + w*0x1p-23; v < drawn[r] {
				before += w
			}
		}
		if token := drawn[r]; want[token] == 0 || a.u[r] < before-slack || a.u[r] > before+float64(want[token])+slack {
			return fmt.Errorf("row %d: u = %v draws %d, whose interval is [%v, %v)", r, a.u[r], token, before, before+float64(want[token]))
		}
	}
	return nil
}
