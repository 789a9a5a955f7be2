package subjects

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference"
)

var errPlain = errors.New("invalid input")

// cutAnswerMutants have right cuts and a wrong answer.
func cutAnswerMutants() []mutant[reference.Sampler] {
	var mutants []mutant[reference.Sampler]
	add := func(source, cause, name string, level verdict.Level, plant func(s *reference.Sampler, right reference.Sampler)) {
		right := reference.ScalarSampler(conventionNamed(name))
		s := right
		plant(&s, right)
		mutants = append(mutants, mutant[reference.Sampler]{"answers", source, cause, s, level})
	}
	plain := func(how []reference.Sampling) []reference.Sampling {
		how = slices.Clone(how)
		for r := range how {
			how[r].TopK, how[r].TopP, how[r].MinP = 0, 0, 0
		}
		return how
	}
	type samplerP = *reference.Sampler
	add("vllm#718", "log-probabilities of the distribution before the cuts", "vLLM (torch)", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			if err := right.LogProbs(slices.Clone(dst), logits, tokens, how); err != nil {
				return err
			}
			return right.LogProbs(dst, logits, tokens, plain(how))
		}
	})
	add("vllm#718", "not renormalised: log-probabilities of the uncut distribution, −Inf for what is cut", "llama.cpp", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			cut := slices.Clone(dst)
			if err := right.LogProbs(cut, logits, tokens, how); err != nil {
				return err
			}
			err := right.LogProbs(dst, logits, tokens, plain(how))
			for r, x := range cut {
				if math.IsInf(x, -1) {
					dst[r] = x
				}
			}
			return err
		}
	})
	add("derived", "log₂", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			err := right.LogProbs(dst, logits, tokens, how)
			for r := range dst {
				dst[r] *= math.Log2E
			}
			return err
		}
	})
	add("derived", "log p of what is cut is −100", "mlx-lm", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			err := right.LogProbs(dst, logits, tokens, how)
			for r := range dst {
				dst[r] = math.Max(dst[r], -100)
			}
			return err
		}
	})
	byIndex := func(at func(weights []float64, u float64) int) func(s samplerP, right reference.Sampler) {
		return func(s samplerP, right reference.Sampler) {
			s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
				if err := right.Sample(dst, logits, u, how); err != nil {
					return err
				}
				vocab := len(logits) / max(1, len(how))
				for r := range dst {
					logw := rightCuts().cut(logits[r*vocab:(r+1)*vocab], how[r], s.Convention)
					dst[r] = at(expAll(logw), u[r])
				}
				return nil
			}
		}
	}
	add("pytorch#48841", "u ≤ F at the edge of the cut", "transformers", verdict.Must, byIndex(func(weights []float64, u float64) int {
		total, sum := addUp(weights), 0.0
		for v, w := range weights {
			if sum += w / total; u <= sum {
				return v
			}
		}
		return len(weights) - 1
	}))
	add("derived", "the distribution function in sorted order", "llama.cpp", verdict.Must, byIndex(func(weights []float64, u float64) int {
		order := make([]int, len(weights))
		for v := range order {
			order[v] = v
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(math.Copysign(1, weights[b]-weights[a])) })
		sorted := make([]float64, len(weights))
		for i, v := range order {
			sorted[i] = weights[v]
		}
		return order[tokenAt(sorted, u)]
	}))
	add("TensorRT-LLM#19496", "the token after the last that is kept for what rounding leaves", "mlx-lm", verdict.Must, byIndex(func(weights []float64, u float64) int {
		v := tokenAt(weights, u)
		if u > 1-1e-9 && v+1 < len(weights) {
			v++
		}
		return v
	}))
	add("derived", "u in float32 at the edges", "SGLang (torch)", verdict.Should, byIndex(func(weights []float64, u float64) int { return tokenAt(weights, float64(float32(u))*(1-0x1p-24)) }))
	add("derived", "draws from the distribution before the cuts", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			if err := right.Draw(dst, logits, src, how); err != nil {
				return err
			}
			return right.Draw(dst, logits, src, plain(how))
		}
	})
	add("derived", "draws uniformly from what is kept", "llama.cpp", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			hot := slices.Clone(how)
			for r := range hot {
				if hot[r].Temperature > 0 {
					hot[r].Temperature = math.Inf(1)
				}
			}
			if err := right.Draw(dst, logits, src, how); err != nil {
				return err
			}
			return right.Draw(dst, logits, src, hot)
		}
	})
	add("mlx-lm#1580", "a generator of its own", "mlx-lm", verdict.Must, func(s samplerP, right reference.Sampler) {
		own, mutex := rand.NewPCG(1, 2), sync.Mutex{}
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			mutex.Lock()
			defer mutex.Unlock()
			return right.Draw(dst, logits, own, how)
		}
	})
	add("derived", "rejection that gives up after one word of 0", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Draw = func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			err := right.Draw(dst, logits, src, how)
			if vocab := len(logits) / max(1, len(how)); err == nil && src.Uint64() < 1<<40 {
				dst[0] = vocab - 1
			}
			return err
		}
	})
	add("derived", "one bad row refuses the batch", "transformers", verdict.Should, func(s samplerP, right reference.Sampler) {
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			kept := slices.Clone(dst)
			err := right.Keep(kept, logits, how)
			if err == nil {
				copy(dst, kept)
			}
			return err
		}
	})
	add("vllm#1309", "the settings behind a bad row move to the row before", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
			err := right.Sample(dst, logits, u, how)
			if bad, some := err.(reference.RowErrors); some && len(dst) == len(how) && len(u) == len(how) {
				first := bad[0].Row
				moved, vocab := slices.Clone(how), len(logits)/len(how)
				copy(moved[first:], how[first+1:])
				_ = right.Sample(dst[first:], logits[first*vocab:], u[first:], moved[first:])
			}
			return err
		}
	})
	add("derived", "NaN is the smallest logit", "llama.cpp", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			logits = slices.Clone(logits)
			for i, x := range logits {
				if x != x {
					logits[i] = float32(math.Inf(-1))
				}
			}
			return right.Keep(dst, logits, how)
		}
	})
	add("derived", "u = 1 taken for the number before it", "SGLang (torch)", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
			below := slices.Clone(u)
			for r := range below {
				below[r] = math.Min(below[r], 1-0x1p-53)
			}
			return right.Sample(dst, logits, below, how)
		}
	})
	add("derived", "a token outside the vocabulary is its last one", "llama.cpp", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.LogProbs = func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			inside := slices.Clone(tokens)
			for r := range inside {
				inside[r] = min(inside[r], len(logits)/max(1, len(how))-1)
			}
			return right.LogProbs(dst, logits, inside, how)
		}
	})
	add("derived", "errors without a name", "mlx-lm", verdict.Should, func(s samplerP, right reference.Sampler) {
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			if right.Keep(dst, logits, how) != nil {
				return errPlain
			}
			return nil
		}
	})
	add("derived", "lengths that do not fit have no name", "SGLang (torch)", verdict.Should, func(s samplerP, right reference.Sampler) {
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			err := right.Keep(dst, logits, how)
			if errors.Is(err, reference.ErrShape) {
				return errPlain
			}
			return err
		}
	})
	add("transformers.js", "settings of absent steps ignored", "transformers.js", verdict.Should, func(s samplerP, right reference.Sampler) {
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			asked := slices.Clone(how)
			for r, h := range how {
				if h.TopP > 0 && h.TopP <= 1 {
					asked[r].TopP = 0
				}
				if h.MinP > 0 && h.MinP <= 1 {
					asked[r].MinP = 0
				}
			}
			return right.Keep(dst, logits, asked)
		}
	})
	add("derived", "writes −Inf into the caller's logits", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		s.Sample = func(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
			err := right.Sample(dst, logits, u, how)
			kept := make([]bool, len(logits))
			if err == nil && right.Keep(kept, logits, how) == nil {
				for i, in := range kept {
					if !in {
						logits[i] = float32(math.Inf(-1))
					}
				}
			}
			return err
		}
	})
	add("derived", "the settings kept between calls", "llama.cpp", verdict.Must, func(s samplerP, right reference.Sampler) {
		var mutex sync.Mutex
		last := 0.0
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			mutex.Lock()
			defer mutex.Unlock()
			how = slices.Clone(how)
			for r := range how {
				if how[r].TopP == 0 {
					how[r].TopP = last
				}
				if how[r].TopP <= 1 && how[r].TopP > 0 {
					last = how[r].TopP
				}
			}
			return right.Keep(dst, logits, how)
		}
	})
	add("derived", "scratch memory shared between calls", "transformers", verdict.Must, func(s samplerP, right reference.Sampler) {
		var mutex sync.Mutex
		scratch := make([]bool, 1<<16)
		s.Keep = func(dst []bool, logits []float32, how []reference.Sampling) error {
			if len(dst) != len(logits) {
				return right.Keep(dst, logits, how)
			}
			err := locked(&mutex, func() error { copy(scratch, dst); return right.Keep(scratch[:len(dst)], logits, how) })
			runtime.Gosched()
			return errors.Join(locked(&mutex, func() error { copy(dst, scratch); return nil }), err)
		}
	})
	add("derived", "a sort of each row allocates", "llama.cpp", verdict.Should, func(samplerP, reference.Sampler) {})
	return mutants
}

func locked(mutex *sync.Mutex, do func() error) error {
	mutex.Lock()
	defer mutex.Unlock()
	return do()
}
