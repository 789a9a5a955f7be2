package subjects

import (
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// cutMutants get one of the steps wrong.
func cutMutants() []mutant[reference.Sampler] {
	var mutants []mutant[reference.Sampler]
	add := func(source, cause, name string, level verdict.Level, plant func(p *cutParts)) {
		p := rightCuts()
		plant(&p)
		mutants = append(mutants, mutant[reference.Sampler]{"cuts", source, cause, samplerOf(conventionNamed(name), p.cut), level})
	}
	nucleus := func(wanted func(s *cutState, before, p float64) bool) func(p *cutParts) {
		return func(p *cutParts) {
			p.topP = func(s *cutState) { s.topP(func(before, p float64) bool { return wanted(s, before, p) }) }
		}
	}
	add("Anthropic, September 2025", "an approximate top-k loses the most probable token", "transformers", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			if s.topK(s.how.TopK); len(s.kept) > 4 && s.kept[0]%5 == 3 { // one of five bins
				s.kept = s.kept[1:]
			}
		}
	})
	add("esm#360, fish-speech#1171", "the token that crosses P dropped", "transformers", verdict.Must, nucleus(func(s *cutState, before, p float64) bool { return before+p <= s.how.TopP }))
	add("derived", "one token more than crosses P", "llama.cpp", verdict.Must, nucleus(func(s *cutState, before, p float64) bool { return before-p < s.how.TopP }))
	add("nanochat#467, mlx-lm#1377", "the last token dropped at P = 1", "transformers", verdict.Must, nucleus(func(s *cutState, before, p float64) bool { return before+p < s.how.TopP }))
	add("derived", "P = 1 − 1e-3 still taken for 1", "mlx-lm", verdict.Must, nucleus(func(s *cutState, before, p float64) bool { return s.how.TopP > .9 || s.below(before) }))
	add("mlx-lm#1912", "a nucleus that is empty at a tiny P", "llama.cpp", verdict.Must, func(p *cutParts) {
		p.after = func(s *cutState) {
			if s.how.TopP > 0 && s.how.TopP < 1e-6 {
				s.kept = nil
			}
		}
	})
	add("derived", "top-p on weights that are not normalised", "transformers", verdict.Must, func(p *cutParts) {
		p.topP = func(s *cutState) {
			sum, n := 0.0, 0
			for _, v := range s.kept {
				if n > 0 && sum >= s.how.TopP {
					break
				}
				sum += math.Exp(s.x[v])
				n++
			}
			if s.how.TopP < 1 {
				s.kept = s.kept[:n]
			}
		}
	})
	add("derived", "ties at k all dropped", "transformers", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			k := min(s.how.TopK, len(s.kept))
			for n := k; n > 1 && n < len(s.kept) && s.tied(s.kept[n-1], s.kept[k]); n-- {
				k = n - 1
			}
			s.kept = s.kept[:k]
		}
	})
	add("derived", "ties by tolerance", "transformers", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			k := min(s.how.TopK, len(s.kept))
			for k < len(s.kept) && s.x[s.kept[k-1]]-s.x[s.kept[k]] < 1e-2 {
				k++
			}
			s.kept = s.kept[:k]
		}
	})
	add("derived", "min-p relative to 1", "llama.cpp", verdict.Must, func(p *cutParts) {
		p.minP = func(s *cutState) {
			total := 0.0
			for _, v := range s.kept {
				total += math.Exp(s.x[v] - s.x[s.kept[0]])
			}
			s.minP(func(v int) bool { return s.x[v]-s.x[s.kept[0]]-math.Log(total) >= math.Log(s.how.MinP) })
		}
	})
	add("sglang-jax#1563", "min-p of logits without T", "vLLM (torch)", verdict.Must, func(p *cutParts) {
		p.minP = func(s *cutState) {
			s.minP(func(v int) bool {
				return float64(s.logits[v])-float64(s.logits[s.kept[0]]) >= math.Log(s.how.MinP)
			})
		}
	})
	add("derived", "min-p by probabilities in place of their logarithms", "mlx-lm", verdict.Must, func(p *cutParts) {
		p.minP = func(s *cutState) { s.minP(func(v int) bool { return s.x[v]-s.x[s.kept[0]] >= s.how.MinP-1 }) }
	})
	add("derived", "what is kept has its weights at T = 1", "transformers", verdict.Must, func(p *cutParts) {
		p.logWeight = func(s *cutState, v int) float64 { return s.x[v] * s.how.Temperature }
	})
	add("derived", "the sort moves masked tokens to the front", "llama.cpp", verdict.Must, func(p *cutParts) {
		p.after = func(s *cutState) {
			if masked := slices.Index(s.logits, float32(math.Inf(-1))); masked >= 0 && s.how.TopK > 1 {
				s.kept = append(slices.Clone(s.kept[:len(s.kept)-1]), masked)
			}
		}
	})
	add("derived", "a mask of −1e9 in place of −Inf", "transformers", verdict.Must, func(p *cutParts) {
		p.logWeight = func(s *cutState, v int) float64 { return s.x[v] }
		p.topK = func(s *cutState) {
			for v, x := range s.logits {
				if math.IsInf(float64(x), -1) && len(s.kept) < s.how.TopK {
					s.kept = append(s.kept, v)
					s.x[v] = -700
				}
			}
			s.topK(s.how.TopK)
		}
	})
	add("derived", "the last of equal logits at T = 0 and k = 1", "transformers.js", verdict.Should, func(p *cutParts) {
		p.after = func(s *cutState) {
			if s.how.Temperature == 0 || s.how.TopK == 1 {
				for v, x := range s.logits {
					if x == s.logits[s.kept[0]] {
						s.kept[0] = v
					}
				}
			}
		}
	})
	add("derived", "the second token at k = 1 in an unlucky heap", "mlx-lm", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			if s.how.TopK == 1 && len(s.kept) > 6 {
				s.kept = s.kept[1:2]
				return
			}
			s.topK(s.how.TopK)
		}
	})
	add("derived", "greedy is the first token", "SGLang (torch)", verdict.Must, func(p *cutParts) {
		p.after = func(s *cutState) {
			if s.how.Temperature == 0 {
				s.kept = s.all[:1]
			}
		}
	})
	add("llama.cpp#812", "sorted input assumed", "llama.cpp", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			s.kept = slices.Clone(s.all[:min(len(s.all), s.how.TopK)])
			slices.SortStableFunc(s.kept, func(a, b int) int { return int(math.Copysign(1, s.x[b]-s.x[a])) })
		}
	})
	add("derived", "k of the vocabulary and more read as half of it", "transformers.js", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) {
			if s.how.TopK >= len(s.logits) {
				s.topK(len(s.logits)/2 + 1)
				return
			}
			s.topK(s.how.TopK)
		}
	})
	add("TransformerLens#1347, CTranslate2#586", "k above the vocabulary panics", "transformers", verdict.Must, func(p *cutParts) {
		p.topK = func(s *cutState) { _ = s.logits[s.how.TopK-1]; s.topK(s.how.TopK) }
	})
	return mutants
}
