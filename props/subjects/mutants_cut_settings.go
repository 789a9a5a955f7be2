package subjects

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// settingsMutants mix up the settings of rows: they are the reference, asked about others.
func settingsMutants() []mutant[reference.Sampler] {
	var mutants []mutant[reference.Sampler]
	add := func(source, cause, name string, change func(logits []float32, how []reference.Sampling) []reference.Sampling) {
		mutants = append(mutants, mutant[reference.Sampler]{"settings", source, cause, resettled(conventionNamed(name), change), verdict.Must})
	}
	add("vllm#1309", "settings of row 0 for all", "transformers", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		return slices.Repeat(how[:min(1, len(how))], len(how))
	})
	add("vllm#1309", "rows re-ordered, settings not", "llama.cpp", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		slices.Reverse(how)
		return how
	})
	add("derived", "settings indexed by the sorted order", "vLLM (torch)", func(logits []float32, how []reference.Sampling) []reference.Sampling {
		vocab, order := len(logits)/max(1, len(how)), make([]int, len(how))
		for r := range order {
			order[r] = r
		}
		slices.SortStableFunc(order, func(a, b int) int {
			return int(math.Copysign(1, float64(logits[a*vocab]-logits[b*vocab])))
		})
		made := slices.Clone(how)
		for i, r := range order {
			made[i] = how[r]
		}
		return made
	})
	add("derived", "the cut of the row before reused where P is the same", "SGLang (torch)", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		for r := 1; r < len(how); r++ {
			if how[r].TopP == how[r-1].TopP {
				how[r].TopK = how[r-1].TopK
			}
		}
		return how
	})
	add("derived", "min-p only if every row has one", "SGLang (torch)", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		made := slices.Clone(how)
		for _, h := range how {
			if h.MinP == 0 {
				for r := range made {
					made[r].MinP = 0
				}
			}
		}
		return made
	})
	add("vllm#50979", "k − 1 in batches of more than four rows", "mlx-lm", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		for r := range how {
			if len(how) > 4 && how[r].TopK > 1 {
				how[r].TopK--
			}
		}
		return how
	})
	add("derived", "one greedy row makes all greedy", "transformers", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		if slices.ContainsFunc(how, func(h reference.Sampling) bool { return h.Temperature == 0 }) {
			for r := range how {
				if how[r].Temperature > 0 {
					how[r].Temperature = 0
				}
			}
		}
		return how
	})
	add("derived", "NaN read as off", "transformers", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		for r := range how {
			if how[r].TopP != how[r].TopP {
				how[r].TopP = 0
			}
			if how[r].MinP != how[r].MinP {
				how[r].MinP = 0
			}
		}
		return how
	})
	add("derived", "settings clamped to their range", "llama.cpp", func(_ []float32, how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		for r, h := range how {
			how[r].TopK, how[r].TopP, how[r].MinP = max(h.TopK, 0), math.Min(math.Max(h.TopP, 0), 1), math.Min(math.Max(h.MinP, 0), 1)
		}
		return how
	})
	add("derived", "settings of missing rows are those of the last one", "transformers.js", func(logits []float32, how []reference.Sampling) []reference.Sampling {
		return how
	})
	mutants[len(mutants)-1].subject.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
		for len(how) > 0 && len(logits)%len(how) != 0 {
			how = how[:len(how)-1]
		}
		return reference.ScalarSampler(conventionNamed("transformers.js")).Keep(dst, logits, how)
	}
	return mutants
}

// resettled is the reference, asked with other settings.
func resettled(c reference.Convention, change func(logits []float32, how []reference.Sampling) []reference.Sampling) reference.Sampler {
	right := reference.ScalarSampler(c)
	s := right
	s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
		return right.Keep(dst, logits, change(logits, how))
	}
	s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
		return right.LogProbs(dst, logits, tokens, change(logits, how))
	}
	s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
		return right.Sample(dst, logits, u, change(logits, how))
	}
	s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
		return right.Draw(dst, logits, src, change(logits, how))
	}
	return s
}
