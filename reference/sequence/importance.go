package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// Weighted is a completion drawn from per-step annealing q, with the logarithm of its
// importance weight W = Z·π/q in nats. W is the product of the local partitions of its
// prefixes, and 0 (log −Inf) if the completion reached the limit before end.
type Weighted struct {
	Tokens    []int
	LogWeight float64
}

// Importance returns a number of draws from per-step annealing q, with their weights
// W = Z·π/q, for any model. For many draws, Σ f·W / Σ W approaches the mean of f under
// π. The mean of W is an unbiased estimate of Z.
//
// It uses one word of src for each token. Completions have length limit if end < 0,
// and otherwise stop at end or at limit tokens. Errors: [reference.ErrTemperature] for
// T outside (0, +Inf]; [reference.ErrShape] for less than one draw, more than 2^20, or
// draws × limit above 2^26; and those of [Generate].
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

// AnnealByImportance returns a [SequenceAnnealer] for any model. For every draw it
// takes this number of proposals from per-step annealing q, and chooses one of them
// with probability in proportion to its weight W.
//
// The distribution of the draws approaches π as the number of proposals grows; it
// stays near q for few proposals, or if [Divergence.EffectiveSampleShare] is small.
// logZ is the logarithm of an unbiased estimate of Z. Errors are those of [Importance]
// for this number of draws, and [reference.ErrNoSupport] when no proposal ended within
// limit.
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
