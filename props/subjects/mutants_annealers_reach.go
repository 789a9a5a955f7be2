package subjects

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// reachAnnealers are the planted bugs that show further out: with more tokens, longer
// prompts and completions, at some temperatures, or in calls of many draws.
func reachAnnealers() []mutant[sequence.SequenceAnnealer] {
	var mutants []mutant[sequence.SequenceAnnealer]
	add := func(source, cause string, a sequence.SequenceAnnealer) {
		mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"reach", source, cause, a, verdict.Must})
	}
	const perStepFor = "so-large-lm#4"
	add(perStepFor, "per-step distribution above 3 tokens", perStepWhere(func(r request) bool { return r.m.VocabSize() > 3 }))
	add(perStepFor, "per-step distribution above a limit of 3", perStepWhere(func(r request) bool { return r.limit > 3 }))
	add(perStepFor, "per-step distribution after prompts above 2", perStepWhere(func(r request) bool { return len(r.prompt) > 2 }))
	add(perStepFor, "per-step distribution below T = 0.3", perStepWhere(func(r request) bool { return r.temperature < 0.3 }))
	add(perStepFor, "per-step distribution for calls of more than 2 draws", perStepWhere(func(r request) bool { return r.draws > 2 }))
	add("lingua#28, minimind#621", "prompts above 2 cut to their last 2 tokens", asking(func(r *request) { r.prompt = r.prompt[max(0, len(r.prompt)-2):] }))
	add("lingua#28, minimind#621", "last token of prompts above 2 dropped", asking(func(r *request) {
		if len(r.prompt) > 2 {
			r.prompt = r.prompt[:len(r.prompt)-1]
		}
	}))
	add("derived", "prompts above 16 cut to their last 16 tokens", asking(func(r *request) { r.prompt = r.prompt[max(0, len(r.prompt)-16):] }))
	add("derived", "context of the last 4 tokens", asking(func(r *request) {
		r.m = altered{Model: r.m, query: func(prefix []int) []int { return prefix[max(0, len(prefix)-4):] }}
	}))
	at := func(source, cause string, change func(t float64) float64) {
		add(source, cause, asking(func(r *request) { r.temperature = change(r.temperature) }))
	}
	between := func(low, high float64, other func(t float64) float64) func(float64) float64 {
		return func(t float64) float64 {
			if t > low && t < high {
				return other(t)
			}
			return t
		}
	}
	constant := func(t float64) func(float64) float64 { return func(float64) float64 { return t } }
	times := func(factor float64) func(float64) float64 {
		return func(t float64) float64 { return factor * t }
	}
	at("vllm#890", "temperatures below 0.2 taken for 0.2", between(0, 0.2, constant(0.2)))
	at("text-generation-inference#687", "temperatures from 0.6 to 1 taken for 1", between(0.6, 1, constant(1)))
	at("derived", "temperatures above 2 taken for 2", between(2, math.Inf(1), constant(2)))
	at("derived", "temperature 10 % too high", times(1.1))
	at("derived", "temperature 10 % too low", times(0.9))
	at("derived", "temperature 30 % too high between 1 and 2", between(1, 2, times(1.3)))
	at("RL-Kernel#81", "temperature applied twice below 0.3", between(0, 0.3, func(t float64) float64 { return t * t }))

	copying := func(cause string, from func(i, n int) int) {
		add("derived", cause, on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
			logZ, err := r.ask(good, dst)
			for i := range dst {
				if j := from(i, len(dst)); j != i && err == nil {
					dst[i] = slices.Clone(dst[j])
				}
			}
			return logZ, err
		}))
	}
	copying("every third draw of a call is the one before", func(i, n int) int {
		if i%3 == 2 {
			return i - 1
		}
		return i
	})
	copying("draw 40 of a call is the first", func(i, n int) int {
		if i == 40 {
			return 0
		}
		return i
	})
	copying("the last draw of a call of 64 is the one before", func(i, n int) int {
		if i == 63 {
			return 62
		}
		return i
	})
	copying("draws from the 32nd on are those of before", func(i, n int) int { return i % 32 })
	copying("the second half of a call of 8 or more is the first", func(i, n int) int {
		if n >= 8 && i >= n/2 {
			return i - n/2
		}
		return i
	})
	copying("draws from the 64th on are those of before", func(i, n int) int { return i % 64 })
	from := func(source, cause string, change func(src rand.Source) rand.Source) {
		add(source, cause, asking(func(r *request) { r.src = change(r.src) }))
	}
	from("derived", "every word used twice", func(src rand.Source) rand.Source { return &twice{Source: src} })
	from("derived", "every other word turned around", func(src rand.Source) rand.Source { return &mirrored{Source: src} })
	from("derived", "words added to the one before", func(src rand.Source) rand.Source { return &running{Source: src} })
	from("vllm#43150, jax#26974", "uniform numbers of 8 bits", func(src rand.Source) rand.Source { return fewBits{src, 8} })
	add("derived", "every word used for two tokens", forward(nil, func(src rand.Source) rand.Source { return &twice{Source: src} }))

	step := func(cause string, change func(step int, r request, weights, logp []float64) []float64) {
		add("derived", cause, forward(change, func(src rand.Source) rand.Source { return src }))
	}
	localAt := func(at func(step int, r request) bool, temperature func(t float64) float64) func(int, request, []float64, []float64) []float64 {
		return func(step int, r request, weights, logp []float64) []float64 {
			if !at(step, r) {
				return weights
			}
			for i := range weights {
				if !math.IsInf(weights[i], -1) {
					weights[i] = logp[i] / temperature(r.temperature)
				}
			}
			return weights
		}
	}
	same, one := func(t float64) float64 { return t }, func(float64) float64 { return 1 }
	step("first token annealed by itself", localAt(func(step int, r request) bool { return step == 0 }, same))
	step("third token at T = 1", localAt(func(step int, r request) bool { return step == 2 }, one))
	step("all tokens from the fifth on at T = 1", localAt(func(step int, r request) bool { return step >= 4 }, one))
	step("last token before the limit at T = 1", localAt(func(step int, r request) bool { return step == r.limit-1 }, one))
	step("the second token the most probable one", func(step int, r request, weights, _ []float64) []float64 {
		if best := slices.Index(weights, slices.Max(weights)); step == 1 {
			for i := range weights {
				if i != best {
					weights[i] = math.Inf(-1)
				}
			}
		}
		return weights
	})
	step("tokens above 4 three quarters as likely as they are", func(step int, r request, weights, _ []float64) []float64 {
		for i := 5; i < len(weights); i++ {
			weights[i] += math.Log(0.75)
		}
		return weights
	})
	add("derived", "a token repeated 0.7 times as often", forwardAfter(func(r request, before int, weights []float64) {
		if before >= 0 {
			weights[before] += math.Log(0.7)
		}
	}))
	add("kenlm#38", "log Z one nat too large above a limit of 4", on(func(good sequence.SequenceAnnealer, dst [][]int, r request) (float64, error) {
		logZ, err := r.ask(good, dst)
		if r.limit > 4 {
			logZ++
		}
		return logZ, err
	}))
	mutants = append(mutants, mutant[sequence.SequenceAnnealer]{"reach", "derived", "log Z in float32", logZOf(func(logZ float64, r request) float64 {
		if r.m.VocabSize() > 3 {
			return float64(float32(logZ))
		}
		return logZ
	}), verdict.Should})
	return slices.Concat(mutants, rememberingAnnealers(), farAnnealers())
}

// asking changes what a good sampler is asked; T = 0 and what has no answer stay as they are.
func asking(change func(r *request)) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		change(&r)
		return r.ask(sequence.AnnealByEnumeration, dst)
	})
}

// perStepWhere draws from the per-step distribution in some cases.
func perStepWhere(where func(r request) bool) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		if !where(r) {
			return r.ask(sequence.AnnealByEnumeration, dst)
		}
		for i := range dst {
			for dst[i] == nil {
				tokens, err := sequence.Generate(r.m, r.prompt, r.end, r.limit, r.temperature, r.src)
				if err != nil {
					return 0, err
				}
				if completion := tokens[len(r.prompt):]; r.end < 0 || slices.Contains(completion, r.end) {
					dst[i] = completion
				}
			}
		}
		return r.ask(sequence.AnnealByEnumeration, nil)
	})
}

// twice gives every word two times.
type twice struct {
	rand.Source
	word uint64
	more bool
}

func (t *twice) Uint64() uint64 {
	if t.more = !t.more; t.more {
		t.word = t.Source.Uint64()
	}
	return t.word
}

// mirrored gives every word, and then the word as far from the other end.
type mirrored struct {
	rand.Source
	word uint64
	more bool
}

func (m *mirrored) Uint64() uint64 {
	if m.more = !m.more; m.more {
		m.word = m.Source.Uint64()
		return m.word
	}
	return ^m.word
}

// running gives words that lie a little behind those before.
type running struct {
	rand.Source
	word uint64
}

func (s *running) Uint64() uint64 {
	s.word += s.Source.Uint64() >> 3
	return s.word
}

// forward draws token by token with a look ahead; change alters the log-weights of a
// token, log p/T + log Z of what follows it.
func forward(change func(step int, r request, weights, logp []float64) []float64, source func(rand.Source) rand.Source) sequence.SequenceAnnealer {
	return forwardFrom(func(step int, r request, _ []int, weights, logp []float64) []float64 {
		if change == nil {
			return weights
		}
		return change(step, r, weights, logp)
	}, source)
}

// forwardAfter changes the log-weights by the token before, −1 at the beginning.
func forwardAfter(change func(r request, before int, weights []float64)) sequence.SequenceAnnealer {
	return forwardFrom(func(_ int, r request, completion []int, weights, _ []float64) []float64 {
		before := -1
		if tokens := slices.Concat(r.prompt, completion); len(tokens) > 0 {
			before = tokens[len(tokens)-1]
		}
		change(r, before, weights)
		return weights
	}, func(src rand.Source) rand.Source { return src })
}

func forwardFrom(change func(step int, r request, completion []int, weights, logp []float64) []float64, source func(rand.Source) rand.Source) sequence.SequenceAnnealer {
	return guarded(func(dst [][]int, r request) (float64, error) {
		all, logWeights, err := annealedWeights(r)
		if err != nil {
			return 0, err
		}
		future := map[string]float64{} // log Z of a prefix
		for i, completion := range all {
			for n := range len(completion) + 1 {
				key := fmt.Sprint(completion[:n])
				if sum, ok := future[key]; ok {
					future[key] = logSum([]float64{sum, logWeights[i]})
				} else {
					future[key] = logWeights[i]
				}
			}
		}
		src, logp := source(r.src), make([]float64, r.m.VocabSize())
		for i := range dst {
			completion := []int{}
			for len(completion) < r.limit && (r.end < 0 || !slices.Contains(completion, r.end)) {
				if err := r.m.LogConditional(logp, slices.Concat(r.prompt, completion)); err != nil {
					return 0, err
				}
				weights := make([]float64, len(logp))
				for v := range weights {
					z, ok := future[fmt.Sprint(append(slices.Clone(completion), v))]
					if weights[v] = z; !ok {
						weights[v] = math.Inf(-1)
					}
				}
				weights = change(len(completion), r, completion, weights, logp)
				completion = append(completion, byDistribution(expAll(weights), src))
			}
			dst[i] = completion
		}
		return logSum(logWeights), nil
	})
}
