package subjects

import (
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// rememberingMutants keep answers under keys that are too short.
func rememberingMutants() []mutant[sequence.Scorer] {
	type key = func(m sequence.Model, prompt, completion []int) any
	of := func(m sequence.Model, rest ...any) any {
		return struct {
			m    sequence.Model
			rest string
		}{m, fmt.Sprint(rest...)}
	}
	ends := func(tokens []int, n int) string { return fmt.Sprint(tokens[max(0, len(tokens)-n):]) }
	keys := []struct {
		by string
		of key
	}{
		{"the lengths", func(m sequence.Model, prompt, completion []int) any { return of(m, len(prompt), len(completion)) }},
		{"lengths and last token", func(m sequence.Model, prompt, completion []int) any {
			return of(m, len(prompt), len(completion), ends(completion, 1))
		}},
		{"the last four tokens", func(m sequence.Model, prompt, completion []int) any {
			return of(m, len(prompt), len(completion), ends(prompt, 4), ends(completion, 4))
		}},
		{"the first eight tokens", func(m sequence.Model, prompt, completion []int) any {
			return of(m, len(prompt), len(completion), prompt[:min(8, len(prompt))], completion[:min(8, len(completion))])
		}},
		{"the address of the completion", func(m sequence.Model, prompt, completion []int) any {
			if len(completion) == 0 {
				return len(prompt)
			}
			return of(m, len(prompt), len(completion), &completion[0])
		}},
		{"the prompt's address and the completion", func(m sequence.Model, prompt, completion []int) any {
			if len(prompt) == 0 {
				return of(m, completion)
			}
			return of(m, &prompt[0], len(prompt), completion)
		}},
		{"the tokens, across models", func(m sequence.Model, prompt, completion []int) any { return fmt.Sprint(prompt, completion) }},
		{"the tokens and the vocabulary", func(m sequence.Model, prompt, completion []int) any {
			return fmt.Sprint(m.VocabSize(), prompt, completion)
		}},
		{"the joined tokens, wherever cut", func(m sequence.Model, prompt, completion []int) any {
			return of(m, slices.Concat(prompt, completion))
		}},
		{"the completion alone", func(m sequence.Model, prompt, completion []int) any { return of(m, completion) }},
		{"the tokens in any order", func(m sequence.Model, prompt, completion []int) any {
			return of(m, slices.Sorted(slices.Values(prompt)), slices.Sorted(slices.Values(completion)))
		}},
		{"a hash of every other token", func(m sequence.Model, prompt, completion []int) any {
			hash := fnv.New64a()
			for i, token := range completion {
				if i%2 == 1 {
					fmt.Fprint(hash, token, " ")
				}
			}
			return of(m, prompt, len(completion), hash.Sum64())
		}},
	}
	var mutants []mutant[sequence.Scorer]
	for _, k := range keys {
		mutants = append(mutants, mutant[sequence.Scorer]{"state", "derived", "remembers scores by " + k.by, remembering(k.of), verdict.Must})
	}
	return append(mutants, mutant[sequence.Scorer]{"state", "derived", "the row before kept for one token after a prompt as long", keepingRow(), verdict.Must})
}

// keepingRow takes the last row for that of every prompt of the same length.
func keepingRow() sequence.Scorer {
	type shape struct{ vocab, prompt int }
	var rows sync.Map
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if err != nil || len(completion) != 1 || len(prompt) < 10 {
			return logp, count, err
		}
		row := make([]float64, m.VocabSize())
		if err := m.LogConditional(row, prompt); err != nil {
			return 0, 0, err
		}
		kept, _ := rows.LoadOrStore(shape{len(row), len(prompt)}, row)
		return kept.([]float64)[completion[0]], count, nil
	}
}

// remembering keeps what was answered.
func remembering(key func(m sequence.Model, prompt, completion []int) any) sequence.Scorer {
	type answer struct {
		logp  float64
		count int
	}
	var answers sync.Map
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if a, ok := answers.Load(key(m, prompt, completion)); ok {
			return a.(answer).logp, a.(answer).count, nil
		}
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if err == nil {
			answers.Store(key(m, prompt, completion), answer{logp, count})
		}
		return logp, count, err
	}
}
