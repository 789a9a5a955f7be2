package subjects

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// warmer is the draft model of a target: the target at T = 1.6.
type warmer struct{ sequence.Model }

func (m warmer) LogConditional(dst []float64, prefix []int) error {
	if err := m.Model.LogConditional(dst, prefix); err != nil {
		return err
	}
	return reference.AnnealLog(dst, dst, 1.6)
}

// speculating generates with a verifier and a warmer draft model.
func speculating(v sequence.Verifier, count int) sequence.Generator {
	return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if m == nil {
			return sequence.Speculate(v, nil, count)(m, prompt, end, limit, t, src)
		}
		return sequence.Speculate(v, warmer{m}, count)(m, prompt, end, limit, t, src)
	}
}

// speculative is a generator that drafts and verifies one token a step. Its parts can be
// replaced.
type speculative struct {
	draft func(q []float64, noise []float64) int                              // with one number for each token
	p, q  func(logp []float64, t float64) []float64                           // rows that the decision uses
	last  func(weights []float64, noise []float64, src rand.Source) int       // of the token in place of a rejected one
	after func(tokens []int, more []int, end, prompt, limit int) (kept []int) // what is kept of a step
}

func newSpeculative() speculative {
	return speculative{
		draft: gumbel,
		p:     annealedRow, q: func(logp []float64, t float64) []float64 { return annealedRow(logp, 1.6*t) },
		last: func(weights, _ []float64, src rand.Source) int { return tokenAt(weights, reference.Uniform(src)) },
		after: func(tokens, more []int, end, prompt, limit int) []int {
			if i := slices.Index(more, end); end >= 0 && i >= 0 {
				more = more[:i+1]
			}
			return more[:min(len(more), prompt+limit-len(tokens))]
		},
	}
}

func annealedRow(logp []float64, t float64) []float64 {
	row := make([]float64, len(logp))
	if err := reference.AnnealLog(row, logp, t); err != nil {
		panic(err) // the conditionals of a model
	}
	return mapRow(row, func(_ int, x float64) float64 { return math.Exp(x) })
}

// gumbel is argmax(log w + noise), the noise from numbers.
func gumbel(weights, numbers []float64) int {
	best, token := math.Inf(-1), 0
	for v, w := range weights {
		if x := math.Log(w) - math.Log(-math.Log(numbers[v]+0x1p-54)); w > 0 && x > best {
			best, token = x, v
		}
	}
	return token
}

func (s speculative) generate(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
	if err := sequence.CheckGeneration(m, prompt, end, limit, t); err != nil {
		return nil, err
	}
	tokens, logp := slices.Clone(prompt), make([]float64, m.VocabSize())
	for len(tokens) < len(prompt)+limit && (end < 0 || len(tokens) == 0 || tokens[len(tokens)-1] != end) {
		if err := m.LogConditional(logp, tokens); err != nil {
			return tokens, err
		}
		q := s.q(logp, t)
		noise := mapRow(q, func(int, float64) float64 { return reference.Uniform(src) })
		x, p := s.draft(q, noise), s.p(logp, t)
		more := []int{x}
		if !(reference.Uniform(src)*q[x] < p[x]) {
			more[0] = s.last(residualOf(p, q), noise, src)
		} else if err := m.LogConditional(logp, slices.Concat(tokens, more)); err == nil {
			more = append(more, tokenAt(s.p(logp, t), reference.Uniform(src)))
		} else if !errors.Is(err, sequence.ErrImpossiblePrefix) {
			return tokens, err
		} else if end >= 0 && x == end {
			more = append(more, x) // what an engine computes behind end
		}
		tokens = append(tokens, s.after(tokens, more, end, len(prompt), limit)...)
	}
	return tokens, nil
}

// speculativeMutants are generators whose accept rule is right and gets the wrong rows,
// drafts or noise.
func speculativeMutants() (mutants []mutant[sequence.Generator]) {
	add := func(source, cause string, edit func(s *speculative)) {
		s := newSpeculative()
		edit(&s)
		mutants = append(mutants, mutant[sequence.Generator]{"speculative", source, cause, s.generate, verdict.Must})
	}
	add("vllm#54282, vllm#47386", "speculative: the draft's Gumbel noise recovers a rejected token", func(s *speculative) {
		s.q = func(logp []float64, t float64) []float64 { // a poor draft model: much is rejected, and the noise of what it prefers lost
			least := slices.Index(logp, slices.Min(logp))
			return mapRow(annealedRow(logp, t/2), func(v int, x float64) float64 { return 0.4*x + 0.6*float64(b2i(v == least)) })
		}
		s.last = func(weights, noise []float64, _ rand.Source) int { return gumbel(weights, noise) }
	})
	add("transformers#32867, speculative-sampling#3", "speculative: greedy drafts, and the q of drafts with randomness", func(s *speculative) {
		s.draft = func(q, _ []float64) int { return slices.Index(q, slices.Max(q)) }
	})
	add("lattice#388, vllm#10198", "speculative: the target's rows at T = 1", func(s *speculative) {
		s.p = func(logp []float64, t float64) []float64 { return annealedRow(logp, math.Min(t, 1)) }
	})
	add("transformers#47932", "speculative: q before the temperature of the draft", func(s *speculative) {
		s.q = func(logp []float64, t float64) []float64 { return annealedRow(logp, t) }
		s.draft = func(q, noise []float64) int {
			return gumbel(mapRow(q, func(_ int, x float64) float64 { return math.Pow(x, 1/1.6) }), noise)
		}
	})
	add("transformers#28508", "speculative: tokens kept behind an accepted end", func(s *speculative) {
		s.after = func(tokens, more []int, _, prompt, limit int) []int {
			return more[:min(len(more), prompt+limit-len(tokens))]
		}
	})
	add("derived", "speculative: the token behind the accepted ones exceeds the limit", func(s *speculative) {
		s.after = func(_, more []int, end, _, _ int) []int {
			if i := slices.Index(more, end); end >= 0 && i >= 0 {
				more = more[:i+1]
			}
			return more
		}
	})
	return mutants
}
