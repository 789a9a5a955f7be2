package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"

	"pgregory.net/rapid"
)

// spreadLaws hold the operations to the unit of the token. Logits that lie far
// from 0 and near each other have the probabilities of logits near 0, so that
// an implementation that subtracts the largest logit first is as accurate there as
// anywhere. The
// usual x/T − logsumexp(x/T) is not, nor is x/T with Gumbel noise added: both are
// correct by Must, whose unit is that of the row.
func spreadLaws() []Law {
	return []Law{
		spreadLaw(operation.LogProbs, "log p is the exact one, and Σ exp(log p) = 1, within 8 float32 ulps of max(|logit − max| / T, log(vocab), 1), however far from 0 the logits are", logProbsSpread),
		spreadLaw(operation.Anneal, "p is the exact one relatively, and Σ p = 1, within expm1 of 8 float32 ulps of max(|logit − max| / T, log(vocab), 1), however far from 0 the logits are", annealSpread),
		spreadLaw(operation.Sample, "F(i−1) ≤ u < F(i) for the token i that u gives, within expm1 of 8 float32 ulps of max(log(vocab), 1), however far from 0 the logits are", sampleSpread),
		drawSpreadLaw(),
	}
}

const spreadSource = "mlx#4169, pytorch#11752, pytorch#38839, jax#985: x − logsumexp(x) loses the normaliser to the common offset of the logits; flashinfer#5088: fused multiply, p = 1.0013"

func drawSpreadLaw() Law {
	return batchLaw{
		id:        "Draw/Spread",
		claim:     "tokens come with probability p_T, however far from 0 the logits are (e-process, false alarm 1e-12 an input)",
		source:    spreadSource,
		level:     verdict.Should,
		of:        partOf(operation.Draw),
		witnesses: []batch{one(1, 1e20, 1e20, 1e20), one(1e-12, 20, 20, 5)},
		judge:     drawsByLaw,
	}.erased()
}

func spreadLaw(op operation.Operation, claim string, judge func(reference.Kernels, batch) error) Law {
	return batchLaw{
		id:        op.Name + "/Spread",
		claim:     claim,
		source:    spreadSource,
		level:     verdict.Should,
		of:        partOf(op),
		inputs:    offsetRows(),
		witnesses: offsetWitnesses(),
		judge:     judge,
	}.erased()
}

// offsetWitnesses are rows of the reports that the laws name, and others that lose
// their differences to what they have in common.
func offsetWitnesses() []batch {
	peak := make([]float32, 20)
	flat := make([]float32, 37)
	for i := range peak {
		peak[i] = -20
	}
	for i := range flat {
		flat[i] = 1e36
	}
	peak[3] = 42
	return []batch{
		one(1, 1e20, 1e20), one(0.7, flat...), one(0.001, peak...),
		one(1e-12, 20, 20, 5), one(1e-9, 20, 20, 5), one(1e-6, 20, 20, 5), one(1e-9, 37.3, 1, 2),
		one(1, -1e7, -1e7+1, -1e7+1, -1e7),
	}
}

func logProbsSpread(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	tokens, exact := operation.Telling(row), accuracy.ExactLogProbs(row, t)
	slacks, whole := accuracy.TokenSlacks(row, t)
	got, err := logProbsOf(k, row, tokens, t)
	if err != nil {
		return err
	}
	total := 0.0
	for i, token := range tokens {
		if want := exact[token]; !accuracy.Near(got[i], want, slacks[token]) {
			return fmt.Errorf("log p(%d) = %v, exactly %v ± %.2g", token, got[i], want, slacks[token])
		}
		total += math.Exp(got[i])
	}
	if tolerance := math.Expm1(whole); len(tokens) == len(row) && !(math.Abs(total-1) <= tolerance) {
		return fmt.Errorf("Σ exp(log p) = %v, not 1 ± %.2g", total, tolerance)
	}
	return nil
}

func annealSpread(k reference.Kernels, b batch) error {
	row, t := b.row(), b.temperature
	slacks, whole := accuracy.TokenSlacks(row, t)
	p, err := annealOf(k, row, t)
	if err != nil {
		return err
	}
	total := 0.0
	for v, logp := range accuracy.ExactLogProbs(row, t) {
		if !accuracy.NearProbability(p[v], logp, slacks[v]) {
			return fmt.Errorf("p(%d) = %v, exactly %v (relative bound %.2g)", v, p[v], math.Exp(logp), math.Expm1(slacks[v]))
		}
		total += p[v]
	}
	if tolerance := math.Expm1(whole) + 0x1p-22; !(math.Abs(total-1) <= tolerance) {
		return fmt.Errorf("Σ p = %v, not 1 ± %.2g", total, tolerance)
	}
	return nil
}

func sampleSpread(k reference.Kernels, b batch) error {
	_, whole := accuracy.TokenSlacks(b.row(), b.temperature)
	return sameTokens(operation.Sample, k, b.row(), b.temperature, whole, rand.New(b.source(0)))
}

// offsetRows draws rows whose logits over T are far from 0, and near each other
// where it counts, masked tokens among them. Far from 0 the float32 numbers are a
// coarse grid, on which differences are exact.
func offsetRows() *rapid.Generator[batch] {
	return rapid.Custom(func(t *rapid.T) batch {
		b := batch{seed: rapid.Uint64().Draw(t, "seed")}
		lengths := lengths()
		if rapid.IntRange(0, 15).Draw(t, "beyond a chunk") == 15 {
			lengths = rapid.IntRange(2045, 4200)
		}
		row := make([]float32, lengths.Draw(t, "vocab"))
		offset := rapid.SampledFrom(offsets()).Draw(t, "offset")
		b.temperature = offset.fill(row, rand.New(rand.NewPCG(b.seed, 0)))
		mustAbove0.fit(row, b.temperature)
		mask(t, row)
		b.rows = [][]float32{row}
		return b
	})
}

// offset is a kind of rows far from 0: it fills a row and picks the temperature.
type offset struct {
	name string
	fill func(row []float32, r *rand.Rand) float64
}

func (o offset) GoString() string { return o.name }

func offsets() []offset {
	return []offset{
		{"all equal", func(row []float32, r *rand.Rand) float64 {
			level := farFrom0(r)
			for i := range row {
				row[i] = level
			}
			return magnitude(r, -6, 6)
		}},
		{"steps of the grid", func(row []float32, r *rand.Rand) float64 {
			level := farFrom0(r)
			step := stepOf(level)
			for i := range row {
				row[i] = level + float32(r.IntN(9)-4)*step
			}
			return mustAbove0.nearest(float64(step) * magnitude(r, -1, 1))
		}},
		{"cold", func(row []float32, r *rand.Rand) float64 {
			spread := magnitude(r, -2, 2)
			for i := range row {
				row[i] = float32(spread * math.Round(4*r.NormFloat64()))
			}
			return magnitude(r, -30, -3)
		}},
		{"one above the rest", func(row []float32, r *rand.Rand) float64 {
			rest, gap := float32(40*r.NormFloat64()), float32(80*r.Float64())
			for i := range row {
				row[i] = rest
			}
			row[r.IntN(len(row))] += gap
			return magnitude(r, -4, -1)
		}},
		{"modes and a tail", func(row []float32, r *rand.Rand) float64 {
			level := farFrom0(r)
			below := level - float32(1+r.IntN(30))*stepOf(level)
			for i := range row {
				if row[i] = level; r.IntN(3) == 0 {
					row[i] = below
				}
			}
			return mustAbove0.nearest(float64(level-below) / (1 + 50*r.Float64()))
		}},
	}
}

// nearest is the temperature of the domain next to a positive one.
func (d domain) nearest(temperature float64) float64 {
	return math.Min(math.Max(temperature, d.coldest), d.hottest)
}

// farFrom0 is a logit of either sign, 1e2 to 1e37.
func farFrom0(r *rand.Rand) float32 {
	return float32(math.Copysign(magnitude(r, 2, 37), r.Float64()-0.5))
}

// magnitude is 10 to a power drawn uniformly between low and high.
func magnitude(r *rand.Rand, low, high float64) float64 {
	return math.Pow(10, low+(high-low)*r.Float64())
}

// stepOf is one float32 ulp of a logit.
func stepOf(x float32) float32 {
	return float32(accuracy.Ulp(math.Abs(float64(x))))
}
