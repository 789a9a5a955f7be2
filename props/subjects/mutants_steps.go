package subjects

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// factors is a scorer of the factors log p(y_i | x y_<i) of a completion, each asked
// of the model with the prefix that query leaves of x y_<i; sum makes a score of
// them. Errors and impossible completions are the reference's.
func factors(query func(prefix []int) []int, sum func(factors []float64) (logProb float64, count int)) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if logp, count, err := sequence.LogProb(m, prompt, completion); err != nil || math.IsInf(logp, -1) {
			return logp, count, err
		}
		row, tokens := make([]float64, m.VocabSize()), slices.Concat(prompt, completion)
		all := make([]float64, len(completion))
		for i, token := range completion {
			prefix := tokens[:len(prompt)+i]
			err := m.LogConditional(row, query(prefix))
			if errors.Is(err, sequence.ErrImpossiblePrefix) {
				err = m.LogConditional(row, prefix)
			}
			if err != nil {
				return 0, 0, err
			}
			all[i] = row[token]
		}
		logp, count := sum(all)
		return logp, count, nil
	}
}

func wholePrefix(prefix []int) []int { return prefix }

func total(factors []float64) (float64, int) { return addUp(factors), len(factors) }

// windowMutants are the planted bugs of scoring by windows of so many tokens.
func windowMutants() []mutant[sequence.Scorer] {
	var mutants []mutant[sequence.Scorer]
	for _, window := range []int{4, 16, 64, 512, 1024, 2048} {
		add := func(source, cause string, s sequence.Scorer) {
			mutants = append(mutants, mutant[sequence.Scorer]{"chain", source, fmt.Sprintf("%s, windows of %d", cause, window), s, verdict.Should})
		}
		add("lm-eval#339, transformers#34138", "context cut where the window begins", factors(func(prefix []int) []int {
			return prefix[len(prefix)/window*window:]
		}, total))
		add("derived", "context no longer than a window", factors(func(prefix []int) []int {
			return prefix[max(0, len(prefix)-window):]
		}, total))
		add("derived", "tokens counted twice where windows overlap by half", factors(wholePrefix, func(factors []float64) (float64, int) {
			logp, count := total(factors)
			for begin := window / 2; begin+window/2 < len(factors); begin += window / 2 {
				more, twice := total(factors[begin:min(begin+window/2, len(factors))])
				logp, count = logp+more, count+twice
			}
			return logp, count
		}))
		add("transformers#30975", "first token of each window never scored", factors(wholePrefix, func(factors []float64) (float64, int) {
			logp, count := total(factors)
			for begin := window; begin < len(factors); begin += window {
				logp -= factors[begin]
			}
			return logp, count
		}))
		add("transformers#34138", "mean of window means", factors(wholePrefix, func(factors []float64) (float64, int) {
			means, windows := 0.0, 0
			for part := range slices.Chunk(factors, window) {
				logp, count := total(part)
				means, windows = means+logp/float64(count), windows+1
			}
			return means * float64(len(factors)) / float64(max(1, windows)), len(factors)
		}))
	}
	return append(mutants,
		mutant[sequence.Scorer]{"chain", "lighteval#1252", "each token scored after itself", unshifted, verdict.Should},
		mutant[sequence.Scorer]{"chain", "mlx#4169, pytorch#11752", "factors as differences of numbers far from 0", cancelling, verdict.Should})
}

// unshifted scores a token by the conditional that comes after it.
func unshifted(m sequence.Model, prompt, completion []int) (float64, int, error) {
	logp, count, err := sequence.LogProb(m, prompt, completion)
	if err != nil || math.IsInf(logp, -1) {
		return logp, count, err
	}
	row, late := make([]float64, m.VocabSize()), 0.0
	for i, token := range completion {
		if m.LogConditional(row, slices.Concat(prompt, completion[:i+1])) != nil {
			return logp, count, nil
		}
		late += row[token]
	}
	return late, count, nil
}

// cancelling adds a large offset to each conditional and normalises it again.
func cancelling(m sequence.Model, prompt, completion []int) (float64, int, error) {
	const far = 1 << 20
	if logp, count, err := sequence.LogProb(m, prompt, completion); err != nil || math.IsInf(logp, -1) {
		return logp, count, err
	}
	row, sum := make([]float64, m.VocabSize()), 0.0
	for i, token := range completion {
		if err := m.LogConditional(row, slices.Concat(prompt, completion[:i])); err != nil {
			return 0, 0, err
		}
		for v := range row {
			row[v] += far
		}
		sum += row[token] - logSum(row)
	}
	return sum, len(completion), nil
}

// stepMutants are the planted bugs of one step of a completion, and of prompts that
// do not fit a window.
func stepMutants() []mutant[sequence.Generator] {
	var mutants []mutant[sequence.Generator]
	add := func(group, source, cause string, g sequence.Generator) {
		mutants = append(mutants, mutant[sequence.Generator]{group, source, cause, g, verdict.Should})
	}
	const prefill = "tt-metal#32025, executorch#20244"
	for wrong, name := range []string{"is the most probable one", "is drawn at T = 1"} {
		atStep := func(at func(step int, prompt []int, limit int) bool) sequence.Generator {
			return atStep(float64(wrong), at)
		}
		add("T", prefill, "the first token after a prompt "+name, atStep(func(step int, prompt []int, _ int) bool { return step == 0 && len(prompt) > 0 }))
		add("T", prefill, "the first token without a prompt "+name, atStep(func(step int, prompt []int, _ int) bool { return step == 0 && len(prompt) == 0 }))
		add("T", "derived", "the first token after a prompt of more than 64 "+name, atStep(func(step int, prompt []int, _ int) bool { return step == 0 && len(prompt) > 64 }))
		add("T", "derived", "the third token "+name, atStep(func(step int, _ []int, _ int) bool { return step == 2 }))
		add("T", "derived", "the last token before the limit "+name, atStep(func(step int, _ []int, limit int) bool { return step == limit-1 }))
	}
	for _, window := range []int{1, 4, 16, 64, 512, 1024, 2048} {
		add("chain", "derived", fmt.Sprintf("only the last %d tokens are context", window), func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			cut := altered{Model: m, query: func(prefix []int) []int {
				short := prefix[max(0, len(prefix)-window):]
				if m.LogConditional(make([]float64, m.VocabSize()), short) != nil {
					return prefix
				}
				return short
			}}
			return sequence.Generate(cut, prompt, end, limit, t, src)
		})
	}
	return mutants
}

// atStep generates token by token, and where a step is the wrong one at another
// temperature; T = 0 stays what it is.
func atStep(wrong float64, at func(step int, prompt []int, limit int) bool) sequence.Generator {
	return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if err := sequence.CheckGeneration(m, prompt, end, limit, t); err != nil {
			return nil, err
		}
		tokens := slices.Clone(prompt)
		for step := range limit {
			temperature := t
			if t > 0 && at(step, prompt, limit) {
				temperature = wrong
			}
			next, err := sequence.Generate(m, tokens, end, 1, temperature, src)
			if err != nil || len(next) == len(tokens) {
				return next, err
			}
			tokens = next
		}
		return tokens, nil
	}
}
