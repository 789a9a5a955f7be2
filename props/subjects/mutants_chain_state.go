package subjects

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// rememberingGenerators keep the row behind a prompt under keys that are too short, or lose
// what a model says of its tokens.
func rememberingGenerators() (mutants []mutant[sequence.Generator]) {
	add := func(group, cause string, g sequence.Generator) {
		mutants = append(mutants, mutant[sequence.Generator]{group, "derived", cause, g, verdict.Must})
	}
	type key struct {
		m    sequence.Model
		rest string
	}
	remembering := func(of func(prompt []int) string) sequence.Generator {
		var rows sync.Map
		return func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
			if len(prompt) == 0 || m == nil {
				return sequence.Generate(m, prompt, end, limit, t, src)
			}
			kept := altered{Model: m, alter: func(dst []float64, prefix []int) {
				if len(prefix) != len(prompt) {
					return
				}
				row, _ := rows.LoadOrStore(key{m, of(prompt)}, slices.Clone(dst))
				copy(dst, row.([]float64))
			}}
			return sequence.Generate(kept, prompt, end, limit, t, src)
		}
	}
	add("state", "remembers prompts by their length and last 16 tokens", remembering(func(p []int) string { return fmt.Sprint(len(p), p[max(0, len(p)-16):]) }))
	add("state", "remembers prompts by their length", remembering(func(p []int) string { return fmt.Sprint(len(p)) }))
	add("state", "remembers prompts by their first 16 tokens", remembering(func(p []int) string { return fmt.Sprint(p[:min(16, len(p))]) }))
	add("state", "remembers prompts by their tokens in any order", remembering(func(p []int) string { return fmt.Sprint(slices.Sorted(slices.Values(p))) }))
	add("state", "remembers prompts by their tokens, written one behind the other", remembering(func(p []int) string {
		text := ""
		for _, token := range p {
			text += fmt.Sprint(token)
		}
		return text
	}))
	add("chain", "the ids of the context in 16 bits", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		short := altered{Model: m, query: func(prefix []int) []int {
			prefix = slices.Clone(prefix)
			for i, token := range prefix {
				if token >= 0 && token < m.VocabSize() {
					prefix[i] = int(uint16(token))
				}
			}
			return prefix
		}}
		return sequence.Generate(short, prompt, end, limit, t, src)
	})
	add("chain", "tokens from 32768 on never come", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		low := altered{Model: m, alter: func(dst []float64, _ []int) {
			for v := 1 << 15; v < len(dst); v++ {
				dst[v] = math.Inf(-1)
			}
		}}
		return sequence.Generate(low, prompt, end, limit, t, src)
	})
	add("chain", "an end of 0 taken for none", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if end == 0 {
			end = -1
		}
		return sequence.Generate(m, prompt, end, limit, t, src)
	})
	add("chain", "every token from the end on ends the text", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
		for i := len(prompt); err == nil && end >= 0 && i < len(tokens); i++ {
			if tokens[i] > end {
				return tokens[:i+1], nil
			}
		}
		return tokens, err
	})
	add("T", "temperatures below 0.05 taken for it", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if t > 0 {
			t = math.Max(t, 0.05)
		}
		return sequence.Generate(m, prompt, end, limit, t, src)
	})
	add("T", "temperatures above 60 taken for it", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		if t > 60 && !math.IsInf(t, 1) {
			t = 60
		}
		return sequence.Generate(m, prompt, end, limit, t, src)
	})
	add("contract", "an error of a later step ends the text", func(m sequence.Model, prompt []int, end, limit int, t float64, src rand.Source) ([]int, error) {
		tokens, err := sequence.Generate(m, prompt, end, limit, t, src)
		if len(tokens) > len(prompt) {
			err = nil
		}
		return tokens, err
	})
	return mutants
}

// carelessScorers share memory, or lose errors.
func carelessScorers() []mutant[sequence.Scorer] {
	var mutex sync.Mutex
	scratch := make([]int, 1<<13)
	sharing := func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if len(completion) > len(scratch) {
			return sequence.LogProb(m, prompt, completion)
		}
		mutex.Lock()
		tokens := scratch[:copy(scratch, completion)]
		mutex.Unlock()
		runtime.Gosched()
		mutex.Lock()
		tokens = slices.Clone(tokens)
		mutex.Unlock()
		return sequence.LogProb(m, prompt, tokens)
	}
	skipping := func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		for n := len(completion) - 1; err != nil && n > 0; n-- {
			if shorter, _, failed := sequence.LogProb(m, prompt, completion[:n]); failed == nil && !errors.Is(err, sequence.ErrImpossiblePrefix) && slices.Max(completion) < m.VocabSize() {
				return shorter, len(completion), nil
			}
		}
		return logp, count, err
	}
	return []mutant[sequence.Scorer]{
		{"state", "go#16205", "scratch shared by goroutines", sharing, verdict.Must},
		{"contract", "derived", "tokens at which the model fails are left out", skipping, verdict.Must},
	}
}
