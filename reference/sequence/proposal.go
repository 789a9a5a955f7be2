package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// proposal draws completions of a prompt from per-step annealing, q, and keeps
// the local partitions that it divided by.
type proposal struct {
	model       Model
	prompt      []int
	end, limit  int
	temperature float64
	choose      chooser
}

// path is an unfinished or finished completion, with log z of each of its prefixes.
type path struct {
	tokens   []int
	logLocal []float64
}

// newSampler returns a proposal that takes its randomness from src.
func newSampler(m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (*proposal, error) {
	p, err := newProposal(m, prompt, end, limit, temperature, chooseFrom(src))
	if err != nil {
		return nil, err
	}
	return p, reference.CheckSource(src)
}

func newProposal(m Model, prompt []int, end, limit int, temperature float64, choose chooser) (*proposal, error) {
	if err := CheckGeneration(m, prompt, end, limit, temperature); err != nil {
		return nil, err
	}
	if temperature == 0 {
		return nil, fmt.Errorf("importance weights at temperature 0: %w", reference.ErrTemperature)
	}
	return &proposal{m, prompt, end, limit, temperature, choose}, nil
}

// conditional fills dst with log q(v | prompt path) and returns log z of it.
func (p *proposal) conditional(dst []float64, tokens []int) (logLocal float64, err error) {
	prefix := append(slices.Clone(p.prompt), tokens...)
	if err := p.model.LogConditional(dst, prefix); err != nil {
		return 0, fmt.Errorf("after %d tokens: %w", len(prefix), err)
	}
	if logLocal, err = reference.LogPartition(dst, p.temperature); err != nil {
		return 0, fmt.Errorf("after %d tokens: %w", len(prefix), err)
	}
	if math.IsInf(logLocal, -1) {
		return 0, fmt.Errorf("temperature %v, at which log p / T leaves float64: %w", p.temperature, reference.ErrTemperature)
	}
	return logLocal, reference.AnnealLog(dst, dst, p.temperature)
}

// extended returns a path with one token more, and does not change the old one.
func (x path) extended(token int, logLocal float64) path {
	return path{append(slices.Clip(x.tokens), token), append(slices.Clip(x.logLocal), logLocal)}
}

// draw extends a path until it is over.
func (p *proposal) draw(x path) (path, error) {
	row := make([]float64, p.model.VocabSize())
	for !p.over(x) {
		logLocal, err := p.conditional(row, x.tokens)
		if err != nil {
			return path{}, err
		}
		x = x.extended(p.choose(row), logLocal)
	}
	return x, nil
}

func (p *proposal) ended(x path) bool {
	return hasEnded(x.tokens, p.end) || len(x.tokens) == 0 && hasEnded(p.prompt, p.end)
}

func (p *proposal) over(x path) bool { return p.ended(x) || len(x.tokens) == p.limit }

// logWeight returns log W of a path that is over: the sum of log z, or −Inf if it
// reached the limit before end.
func (p *proposal) logWeight(x path) float64 {
	if p.end >= 0 && !p.ended(x) {
		return math.Inf(-1)
	}
	var total reference.Sum
	for _, logLocal := range x.logLocal {
		total.Add(logLocal)
	}
	return total.Value()
}

// logSumExp returns log Σ_i exp(x_i / T), which is −Inf if all x_i are −Inf.
func logSumExp(x []float64, temperature float64) float64 {
	logZ, err := reference.LogPartition(x, temperature)
	switch {
	case errors.Is(err, reference.ErrNoSupport):
		return math.Inf(-1)
	case err != nil:
		return math.NaN()
	}
	return logZ
}

// logMean returns the logarithm of the mean of exp(x).
func logMean(x []float64) float64 {
	return logSumExp(x, 1) - math.Log(float64(len(x)))
}

// repeat fills dst with independent runs of a sampler and returns the logarithm of the
// mean of their estimates of Z. The mean is unbiased if each estimate is. With an empty
// dst it runs once, for the estimate.
func repeat(dst [][]int, run func() (completion []int, logZ float64, err error)) (float64, error) {
	estimates := make([]float64, max(len(dst), 1))
	for i := range estimates {
		completion, logZ, err := run()
		if err != nil {
			return 0, err
		}
		estimates[i] = logZ
		if i < len(dst) {
			dst[i] = append([]int{}, completion...)
		}
	}
	return logMean(estimates), nil
}
