package subjects

import (
	"errors"
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// byFactors adds up what a scorer makes of each row and its token.
func byFactors(factor func(logp []float64, token int) float64, add func(total, factor float64) float64) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if _, count, err := sequence.LogProb(m, prompt, completion); err != nil {
			return 0, count, err
		}
		total, row := 0.0, make([]float64, m.VocabSize())
		for i, token := range completion {
			err := m.LogConditional(row, slices.Concat(prompt, completion[:i]))
			if errors.Is(err, sequence.ErrImpossiblePrefix) {
				return math.Inf(-1), len(completion), nil
			}
			if err != nil {
				return 0, 0, err
			}
			total = add(total, factor(row, token))
		}
		return total, len(completion), nil
	}
}

func plus(total, factor float64) float64 { return total + factor }

func asItIs(logp []float64, token int) float64 { return logp[token] }

// narrowScorers lose digits that the model gives. A model's rows are normalised and
// have no common offset to cancel, so that the losses here are those of float32 and
// of exp.
func narrowScorers() []mutant[sequence.Scorer] {
	type m = mutant[sequence.Scorer]
	return []m{
		{"cancellation", "pytorch#38839", "each row normalised again by x − log Σ, in float32", byFactors(func(logp []float64, token int) float64 {
			row := make([]float32, len(logp))
			for v, x := range logp {
				row[v] = float32(x)
			}
			return minusLogSumExp().logProb(row, token, 1)
		}, plus), verdict.Must},
		{"cancellation", "derived", "the total kept in float32", byFactors(asItIs, func(total, factor float64) float64 {
			return float64(float32(total + factor))
		}), verdict.Must},
		{"cancellation", "derived", "totals in float32, the prompt's subtracted", lessThePrompt(byFactors(asItIs, func(total, factor float64) float64 {
			return float64(float32(total) + float32(factor))
		})), verdict.Must},
		{"cancellation", "genlm-backend#66", "the log of each factor's probability, which leaves float64", byFactors(func(logp []float64, token int) float64 {
			return math.Log(math.Exp(logp[token]))
		}, plus), verdict.Must},
		{"cancellation", "derived", "one token to choose from divided by its logarithm", byFactors(func(logp []float64, token int) float64 {
			bits := math.Log(float64(len(logp)))
			return logp[token] / bits * bits
		}, plus), verdict.Must},
	}
}

// lessThePrompt is log p(xy) − log p(x).
func lessThePrompt(s sequence.Scorer) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		before, _, err := s(m, nil, prompt)
		if err != nil {
			return 0, 0, err
		}
		whole, count, err := s(m, nil, slices.Concat(prompt, completion))
		return whole - before, count - len(prompt), err
	}
}
