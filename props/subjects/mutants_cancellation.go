package subjects

import (
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// cancellationMutants round numbers that contain the common offset of the logits.
// They are accurate near 0, and give log-probabilities above 0 far from it.
// The unit of the row cannot tell them from the usual x/T − logsumexp(x/T), so that
// they are caught at Should, by the unit of the token.
func cancellationMutants() []mutant[reference.Kernels] {
	var mutants []mutant[reference.Kernels]
	add := func(source, cause string, edit func(k *reference.Kernels)) {
		mutants = append(mutants, mutant[reference.Kernels]{"cancellation", source, cause, but(edit), verdict.Should})
	}
	add("mlx#4169, pytorch#11752, jax#985", "log p is x/T − log Σ, in float64", logProbIs(func(row []float32, token int, t float64) float64 {
		return scaled64(row[token], t) - naturalLogSumExp(row, t)
	}))
	add("derived", "log p is x/T − ln 2 · (maximum + log₂ Σ), in float64", logProbIs(func(row []float32, token int, t float64) float64 {
		return scaled64(row[token], t) - binaryLogSumExp(row, t)
	}))
	add("pytorch#38839", "log p is x/T − log Σ, in float32", logProbIs(minusLogSumExp().logProb))
	add("jax#985", "p is exp(x/T − log Σ), in float32", probabilitiesAre(minusLogSumExp().anneal))
	add("flashinfer#5088", "p is exp(x·c − max·c) with a fused multiply, Σ without", probabilitiesAre(fusedInOneOfTwo))
	add("derived", "the distribution function is that of exp(x/T − log Σ)", func(k *reference.Kernels) {
		k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
			err := reference.Scalar.Sample(dst, logits, u, t)
			for r := range goodRows(logits, len(dst), t) {
				if r < len(u) && reference.CheckUniform(u[r]) == nil {
					dst[r] = firstAbove(minusLogTotal(rowOf(logits, r, len(dst)), t), u[r])
				}
			}
			return err
		}
	})
	add("derived", "draws are made from exp(x/T − log Σ)", func(k *reference.Kernels) {
		k.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
			err := reference.Scalar.Draw(dst, logits, src, t)
			for r := range goodRows(logits, len(dst), t) {
				dst[r] = firstAbove(minusLogTotal(rowOf(logits, r, len(dst)), t), reference.Uniform(src))
			}
			return err
		}
	})
	return mutants
}

// logProbIs puts another formula into the reference, for good rows at temperatures
// of the Must domain.
func logProbIs(formula func(row []float32, token int, t float64) float64) func(k *reference.Kernels) {
	return func(k *reference.Kernels) {
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			err := reference.Scalar.LogProbs(dst, logits, tokens, t)
			for r := range goodRows(logits, len(dst), t) {
				if row := rowOf(logits, r, len(dst)); r < len(tokens) && reference.CheckToken(tokens[r], len(row)) == nil {
					dst[r] = formula(row, tokens[r], t)
				}
			}
			return err
		}
	}
}

// probabilitiesAre does the same for Anneal.
func probabilitiesAre(formula func(dst, row []float32, t float64)) func(k *reference.Kernels) {
	return func(k *reference.Kernels) {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			var good []int
			if len(dst) == len(logits) {
				good = slices.Collect(goodRows(logits, rows, t)) // before logits are lost, in place
			}
			given := slices.Clone(logits)
			err := reference.Scalar.Anneal(dst, logits, rows, t)
			for _, r := range good {
				formula(rowOf(dst, r, rows), rowOf(given, r, rows), t)
			}
			return err
		}
	}
}

// goodRows lists the rows that every implementation answers with arithmetic.
func goodRows(logits []float32, rows int, t float64) iter.Seq[int] {
	return func(yield func(int) bool) {
		if _, err := reference.Vocab(len(logits), rows); err != nil || !(t >= 1e-30 && t <= 1e30 || math.IsInf(t, 1)) {
			return
		}
		for r := range rows {
			row := rowOf(logits, r, rows)
			beyond := func(x float32) bool { return !math.IsInf(float64(x), -1) && math.Abs(float64(x))/t > 1e37 }
			if reference.CheckRow(row) == nil && !slices.ContainsFunc(row, beyond) && !yield(r) {
				return
			}
		}
	}
}

// minusLogTotal is exp(x/T − log Σ) of every token.
func minusLogTotal(row []float32, t float64) []float64 {
	lse, p := naturalLogSumExp(row, t), make([]float64, len(row))
	for v, x := range row {
		p[v] = math.Exp(scaled64(x, t) - lse)
	}
	return p
}

// naturalLogSumExp is log Σ exp(x/T), the largest logit taken out and put back.
func naturalLogSumExp(row []float32, t float64) float64 {
	var lse [1]float64
	if err := reference.Scalar.LogSumExp(lse[:], row, t); err != nil {
		panic(err) // the row was found good
	}
	return lse[0]
}

// binaryLogSumExp is the same by powers of 2, as vector units have them.
func binaryLogSumExp(row []float32, t float64) float64 {
	if math.IsInf(t, 1) {
		return naturalLogSumExp(row, t)
	}
	top, total := float64(slices.Max(row))*math.Log2E/t, 0.0
	for _, x := range row {
		total += math.Exp2(float64(x)*math.Log2E/t - top)
	}
	return math.Ln2 * (top + math.Log2(total))
}

// fusedInOneOfTwo computes exp(x·c − max·c), c = 1/T, where the product with max is
// rounded and the one with x is not, so that the largest logit itself has a weight
// that is not 1; the sum is taken of products that are all rounded.
func fusedInOneOfTwo(dst, row []float32, t float64) {
	c, total := 1/float32(t), float32(0)
	top := float32(slices.Max(row) * c) // rounded on every architecture
	for v, x := range row {
		if dst[v] = 0; !math.IsInf(float64(x), -1) {
			dst[v] = exp32(float32(math.FMA(float64(x), float64(c), -float64(top))))
			total += exp32(float32(x*c) - top)
		}
	}
	for v := range dst {
		dst[v] /= total
	}
}
