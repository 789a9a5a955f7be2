package sequence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// AnnealByParticles returns a [SequenceAnnealer] for any model that works by sequential
// Monte Carlo. This number of particles, which are unfinished completions, grow
// together; each step appends to each of them a token drawn from per-step annealing q.
//
// The weight of a step is the local partition z(prefix) = Σ_v p(v | prefix)^(1/T). It
// does not depend on the next token, so the particles are resampled in proportion to
// it before they draw. The product over the steps of the mean weight is an unbiased
// estimate of Z.
//
// Every draw uses new particles. Its distribution approaches π as their number grows.
// Errors: [reference.ErrTemperature] for T outside (0, +Inf]; [reference.ErrShape] for
// less than one particle, more than 2^20, or more than 2^26 tokens or conditional
// probabilities in all of them; those of [Generate]; and [reference.ErrNoSupport] when
// no particle ended within limit.
//
// Source: Gordon, Salmond and Smith (1993); Pitt and Shephard (1999) for
// resampling first.
func AnnealByParticles(particles int) SequenceAnnealer {
	return func(dst [][]int, m Model, prompt []int, end, limit int, temperature float64, src rand.Source) (float64, error) {
		p, err := newSampler(m, prompt, end, limit, temperature, src)
		if err != nil {
			return 0, err
		}
		if err := checkAttempts(particles, 1, "particles"); err != nil {
			return 0, err
		}
		if err := checkCells(particles, max(p.limit, p.model.VocabSize()), "numbers"); err != nil {
			return 0, err
		}
		return repeat(dst, func() ([]int, float64, error) {
			paths, logZ, err := p.particles(particles)
			if err != nil {
				return nil, 0, err
			}
			if math.IsInf(logZ, -1) {
				return nil, 0, fmt.Errorf("none of %d particles ended within %d tokens: %w", particles, p.limit, reference.ErrNoSupport)
			}
			return p.oneComplete(paths), logZ, nil
		})
	}
}

// particles returns the complete particles and the logarithm of the estimate of Z.
func (p *proposal) particles(particles int) (paths []path, logZ float64, err error) {
	paths = make([]path, particles)
	rows, logLocal := make([][]float64, particles), make([]float64, particles)
	for i := range rows {
		rows[i] = make([]float64, p.model.VocabSize())
	}
	for range p.limit {
		if !slices.ContainsFunc(paths, func(x path) bool { return !p.ended(x) }) {
			break
		}
		for i, x := range paths {
			logLocal[i] = 0
			if p.ended(x) {
				continue
			}
			if logLocal[i], err = p.conditional(rows[i], x.tokens); err != nil {
				return nil, 0, err
			}
		}
		logZ += logMean(logLocal)
		grown := make([]path, particles)
		for i, parent := range p.parents(logLocal) {
			grown[i] = paths[parent]
			if !p.ended(grown[i]) {
				grown[i] = grown[i].extended(p.choose(rows[parent]), logLocal[parent])
			}
		}
		paths = grown
	}
	complete := 0
	for _, x := range paths {
		if p.end < 0 || p.ended(x) {
			complete++
		}
	}
	return paths, logZ + math.Log(float64(complete)/float64(particles)), nil
}

// parents resamples: each new particle continues an old one, chosen in proportion
// to its weight. Equal weights leave all as they are.
func (p *proposal) parents(logWeights []float64) []int {
	parents, equal := make([]int, len(logWeights)), true
	for i, w := range logWeights {
		parents[i] = i
		equal = equal && w == logWeights[0]
	}
	if equal {
		return parents
	}
	for i := range parents {
		parents[i] = p.choose(logWeights)
	}
	return parents
}

// oneComplete chooses among the particles that were not cut off.
func (p *proposal) oneComplete(paths []path) []int {
	logWeights := make([]float64, len(paths))
	for i, x := range paths {
		if p.end >= 0 && !p.ended(x) {
			logWeights[i] = math.Inf(-1)
		}
	}
	return paths[p.choose(logWeights)].tokens
}
