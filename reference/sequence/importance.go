package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// Weighted is a completion drawn from per-step annealing q, with the logarithm
// of its importance weight W = Z·π/q, the product of the local partitions on the
// way; −Inf for one cut off before its end.
type Weighted struct {
	Tokens    []int
	LogWeight float64
}

// Importance draws so many completions of the prompt from q with their weights,
// for any model: the mean of f·W over the mean of W tends to the mean of f under
// π, and the mean of W, without bias, to Z. One word of src a token.
//
// The completions have length limit, or end within limit (end < 0: none). Errors:
// [reference.ErrTemperature] outside (0, +Inf], [reference.ErrShape] for less
// than one draw, more than 2^20, or draws × limit above 2^26, and those of
// [Generate].
func Importance(m Model, prompt []int, end, limit int, temperature float64, draws int, src rand.Source) ([]Weighted, error) {
	p, err := newSampler(m, prompt, end, limit, temperature, src)
	if err != nil {
		return nil, err
	}
	if err := p.checkDraws(draws, "draws"); err != nil {
		return nil, err
	}
	return p.importance(draws)
}

// checkDraws bounds the draws and the tokens of all of them.
func (p *proposal) checkDraws(draws int, what string) error {
	if err := checkAttempts(draws, 1, what); err != nil {
		return err
	}
	return checkCells(draws, p.limit, "tokens")
}

func (p *proposal) importance(draws int) ([]Weighted, error) {
	weighted := make([]Weighted, draws)
	for i := range weighted {
		x, err := p.draw(path{})
		if err != nil {
			return nil, err
		}
		weighted[i] = Weighted{x.tokens, p.logWeight(x)}
	}
	return weighted, nil
}

// EffectiveSampleSize returns (Σ W)² / Σ W², how many equally weighted draws the
// weighted ones are worth: a count, between 1 and the number of weights, where W is
// exp of the given logarithms (nats). It is 0 where no weight is above 0. As an
// example, three equal weights count as 3, and the weights 1 and 3 as 4² / 10 = 1.6.
// [Divergence.EffectiveSampleShare] is the same per draw, for many draws.
//
// Source: Kong (1992).
func EffectiveSampleSize(logWeights []float64) float64 {
	total := logSumExp(logWeights, 1)
	if math.IsInf(total, -1) {
		return 0
	}
	return math.Exp(2*total - logSumExp(logWeights, 0.5))
}

// AnnealByImportance draws completions by sampling importance resampling: every
// draw is one of so many proposals of its own, chosen in proportion to W. It is a
// [SequenceAnnealer] for any model, whose distribution tends to π and whose logZ
// is the logarithm of an unbiased estimate; few proposals, or a
// small [Divergence.EffectiveSampleShare], leave it near q. Errors are those of [Importance] for so many draws, and
// [reference.ErrNoSupport] when no proposal ended.
//
// Source: Rubin (1987).
func AnnealByImportance(proposals int) SequenceAnnealer {
	return func(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		p, err := newSampler(m, prompt, end, limit, temperature, src)
		if err != nil {
			return 0, err
		}
		if err := p.checkDraws(proposals, "proposals"); err != nil {
			return 0, err
		}
		return repeat(dst, func() ([]int, float64, error) { return p.resampled(proposals) })
	}
}

func (p *proposal) resampled(proposals int) ([]int, float64, error) {
	weighted, err := p.importance(proposals)
	if err != nil {
		return nil, 0, err
	}
	logWeights := make([]float64, len(weighted))
	for i, w := range weighted {
		logWeights[i] = w.LogWeight
	}
	logZ := logMean(logWeights)
	if math.IsInf(logZ, -1) {
		return nil, 0, fmt.Errorf("none of %d proposals ended within %d tokens: %w", proposals, p.limit, reference.ErrNoSupport)
	}
	return weighted[p.choose(logWeights)].Tokens, logZ, nil
}
