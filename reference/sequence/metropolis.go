package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// AnnealByMetropolis returns a [SequenceAnnealer] for any model that runs a
// Metropolis–Hastings chain over whole completions. A move cuts the completion x at
// one of its |x| positions, each equally likely, draws the rest again from per-step
// annealing q, and accepts the result x′ with probability
//
//	min(1, W(x′)/W(x) · |x|/|x′|).
//
// The first factor is the ratio of π/q for the two. The second corrects for the
// position, which is chosen with probability 1/|x| forwards and 1/|x′| backwards; some
// implementations forget it. With both, π is the stationary distribution.
//
// Every draw starts a new chain at a draw of q, and its distribution approaches π as
// moves grows. exp(logZ) is the mean of W over the starts, an unbiased estimate of Z.
// Errors: [reference.ErrTemperature] for T outside (0, +Inf]; [reference.ErrShape] for
// moves outside 0 to 2^20, and for a limit above 2^26; those of [Generate]; and
// [reference.ErrNoSupport] for a chain that reached no end within limit.
//
// Source: Metropolis et al. (1953), Hastings (1970).
func AnnealByMetropolis(moves int) SequenceAnnealer {
	return func(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		p, err := newSampler(m, prompt, end, limit, temperature, src)
		if err != nil {
			return 0, err
		}
		if err := checkAttempts(moves, 0, "moves"); err != nil {
			return 0, err
		}
		if err := checkLength(limit); err != nil {
			return 0, err
		}
		return repeat(dst, func() ([]int, float64, error) { return p.metropolis(moves) })
	}
}

// metropolis returns the completion after this number of moves, and log W of the one
// at which the chain started.
func (p *proposal) metropolis(moves int) ([]int, float64, error) {
	x, err := p.draw(path{})
	if err != nil {
		return nil, 0, err
	}
	start := p.logWeight(x)
	for range moves {
		if x, err = p.move(x); err != nil {
			return nil, 0, err
		}
	}
	if math.IsInf(p.logWeight(x), -1) {
		return nil, 0, fmt.Errorf("no end within %d tokens in %d moves: %w", p.limit, moves, reference.ErrNoSupport)
	}
	return x.tokens, start, nil
}

// move is one step of the chain. From a sequence that was cut off, outside the
// support of π, every move is taken.
func (p *proposal) move(x path) (path, error) {
	length := len(x.tokens)
	if length == 0 {
		return x, nil
	}
	cut := p.choose(make([]float64, length))
	y, err := p.draw(path{x.tokens[:cut], x.logLocal[:cut]})
	if err != nil {
		return path{}, err
	}
	before := p.logWeight(x)
	if math.IsInf(before, -1) {
		return y, nil
	}
	logRatio := p.logWeight(y) - before + math.Log(float64(length)/float64(len(y.tokens)))
	if logRatio >= 0 || p.choose([]float64{math.Log(-math.Expm1(logRatio)), logRatio}) == 1 {
		return y, nil
	}
	return x, nil
}
