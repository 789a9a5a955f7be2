package subjects

import (
	"fmt"
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// reachMutants are scorers that are right on short sequences of few tokens, and wrong
// further on.
func reachMutants() []mutant[sequence.Scorer] {
	var mutants []mutant[sequence.Scorer]
	add := func(source, cause string, s sequence.Scorer) {
		mutants = append(mutants, mutant[sequence.Scorer]{"reach", source, cause, s, verdict.Must})
	}
	query := func(of func(prefix []int) []int) sequence.Scorer { return factors(of, total) }

	const narrow = "vllm#46560, llama.cpp#15080"
	for bits, cut := range map[string]func(int) int{
		"8": func(v int) int { return int(uint8(v)) }, "8 signed": func(v int) int { return max(0, int(int8(v))) },
		"16": func(v int) int { return int(uint16(v)) }, "16 signed": func(v int) int { return max(0, int(int16(v))) },
	} {
		add(narrow, "scored token kept in bits: "+bits, onlyTokens(func(tokens []int) []int { return tokens }, cut))
		add(narrow, "context kept in bits: "+bits, onlyTokens(func(tokens []int) []int { return each(tokens, cut) }, func(v int) int { return v }))
	}
	add("derived", "ids above 32000 taken for unknown, 0", onlyTokens(func(tokens []int) []int { return tokens }, func(v int) int {
		if v >= 32000 {
			return 0
		}
		return v
	}))
	for _, window := range []int{12, 100, 300, 500} {
		add("derived", fmt.Sprintf("context of the last %d tokens", window), query(func(prefix []int) []int { return prefix[max(0, len(prefix)-window):] }))
		add("lm-eval#339, transformers#34138", fmt.Sprintf("context begins again every %d tokens", window), query(func(prefix []int) []int { return prefix[len(prefix)/window*window:] }))
	}
	for _, period := range []int{8, 100, 1000, 1024, 2048} {
		for _, offset := range []int{0, period / 3, period - 1} {
			add("transformers#30975", fmt.Sprintf("token %d of every %d not scored", offset, period), byPosition(func(i, prompt, n int, logp float64) float64 {
				if i%period == offset && i > 0 {
					return 0
				}
				return logp
			}))
		}
	}
	for _, least := range []int{16, 40, 256, 1024} {
		long := func(prompt, completion []int) bool { return len(prompt) > least }
		add("lingua#28, minimind#621", fmt.Sprintf("last token of prompts above %d dropped", least), askedAbout(long, func(prompt []int) []int { return prompt[:len(prompt)-1] }))
		add("lingua#28, minimind#621", fmt.Sprintf("first token of prompts above %d dropped", least), askedAbout(long, func(prompt []int) []int { return prompt[1:] }))
		add("derived", fmt.Sprintf("first factor after prompts above %d dropped", least), byPosition(func(i, prompt, n int, logp float64) float64 {
			if prompt > least && i == 0 {
				return 0
			}
			return logp
		}))
		add("derived", fmt.Sprintf("last token of prompts above %d dropped before several tokens", least), askedAbout(func(prompt, completion []int) bool {
			return long(prompt, completion) && len(completion) > 1
		}, func(prompt []int) []int { return prompt[:len(prompt)-1] }))
	}
	steps := map[string]func(i, n int) bool{
		"the second": func(i, n int) bool { return i == 1 }, "the third": func(i, n int) bool { return i == 2 },
		"all from the 70th on": func(i, n int) bool { return i >= 69 }, "the last of more than 64": func(i, n int) bool { return n > 64 && i == n-1 },
		"the 601st": func(i, n int) bool { return i == 600 },
	}
	for name, at := range steps {
		add("derived", name+" taken at T = 1.001", byPosition(func(i, prompt, n int, logp float64) float64 {
			if at(i, n) {
				return logp / 1.001
			}
			return logp
		}))
	}
	add("CTCWordBeamSearch#23", "product of the last few probabilities, below exp(−745) 0", clipped(-745, math.Inf(-1)))
	add("derived", "totals below −10000 kept at −10000", clipped(-1e4, -1e4))
	add("genlm-backend#66", "factors below exp(−500) kept at it", byPosition(func(i, prompt, n int, logp float64) float64 { return math.Max(logp, -500) }))
	add("derived", "log(p + 1e-10)", byPosition(func(i, prompt, n int, logp float64) float64 { return math.Log(math.Exp(logp) + 1e-10) }))
	add("CTCWordBeamSearch#23", "logarithm of the exponential of totals above −744", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if logp > -744 {
			logp = math.Log(math.Exp(logp))
		}
		return logp, count, err
	})
	add("derived", "totals above −0.01 taken for 0", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if logp > -0.01 {
			logp = 0
		}
		return logp, count, err
	})
	add("derived", "impossible tokens passed over after 64", byPosition(func(i, prompt, n int, logp float64) float64 {
		if i > 64 && math.IsInf(logp, -1) {
			return 0
		}
		return logp
	}))
	add("derived", "last token of the prompt dropped, above 256 tokens and 30 of prompt", asModel(func(m sequence.Model, prompt, completion []int) ([]int, []int) {
		if m.VocabSize() > 256 && len(prompt) > 30 {
			prompt = prompt[:len(prompt)-1]
		}
		return prompt, completion
	}))
	add("derived", "first token of the prompt dropped, of 3 to 7 tokens before completions above 64", asModel(func(m sequence.Model, prompt, completion []int) ([]int, []int) {
		if m.VocabSize() < 8 && len(completion) > 64 && len(prompt) > 0 {
			prompt = prompt[1:]
		}
		return prompt, completion
	}))
	add("llama.cpp#2714, torchtune#1875", "count of at most 512", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		return logp, min(count, 512), err
	})
	return append(mutants, rememberingMutants()...)
}

func each(tokens []int, change func(int) int) []int {
	tokens = slices.Clone(tokens)
	for i := range tokens {
		tokens[i] = change(tokens[i])
	}
	return tokens
}

// onlyTokens reads the factors of other tokens, or after other ones.
func onlyTokens(context func(tokens []int) []int, scored func(token int) int) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if logp, count, err := sequence.LogProb(m, prompt, completion); err != nil || math.IsInf(logp, -1) {
			return logp, count, err
		}
		row, sum := make([]float64, m.VocabSize()), 0.0
		for i, token := range completion {
			if err := m.LogConditional(row, context(slices.Concat(prompt, completion[:i]))); err != nil {
				return 0, 0, err
			}
			sum += row[scored(token)]
		}
		return sum, len(completion), nil
	}
}

// byPosition changes factors by their place in the completion.
func byPosition(change func(i, prompt, n int, logp float64) float64) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		if _, count, err := sequence.LogProb(m, prompt, completion); err != nil {
			return 0, count, err
		}
		row, sum := make([]float64, m.VocabSize()), 0.0
		for i, token := range completion {
			if err := m.LogConditional(row, slices.Concat(prompt, completion[:i])); err != nil {
				return 0, 0, err
			}
			sum += change(i, len(prompt), len(completion), row[token])
		}
		return sum, len(completion), nil
	}
}

// askedAbout passes another prompt on, in some cases.
func askedAbout(when func(prompt, completion []int) bool, change func(prompt []int) []int) sequence.Scorer {
	return asModel(func(_ sequence.Model, prompt, completion []int) ([]int, []int) {
		if when(prompt, completion) {
			prompt = change(prompt)
		}
		return prompt, completion
	})
}

func asModel(change func(m sequence.Model, prompt, completion []int) ([]int, []int)) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		prompt, completion = change(m, prompt, completion)
		return sequence.LogProb(m, prompt, completion)
	}
}

// clipped replaces totals below a least one.
func clipped(least, by float64) sequence.Scorer {
	return func(m sequence.Model, prompt, completion []int) (float64, int, error) {
		logp, count, err := sequence.LogProb(m, prompt, completion)
		if logp < least && !math.IsInf(logp, -1) {
			logp = by
		}
		return logp, count, err
	}
}
