package subjects

import (
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// samplerMutants are the planted bugs of samplers with cuts.
func samplerMutants() []mutant[reference.Sampler] {
	return slices.Concat(conventionMutants(), cutMutants(), settingsMutants(), cutAnswerMutants(), cutDrawMutants(), largeCutMutants(), blindCutMutants())
}

func conventionNamed(name string) reference.Convention {
	all := reference.Conventions()
	return all[slices.IndexFunc(all, func(c reference.Convention) bool { return c.Name == name })]
}

// conventionMutants declare one convention and follow another, or change the settings.
func conventionMutants() []mutant[reference.Sampler] {
	var mutants []mutant[reference.Sampler]
	follows := func(source, cause, name string, level verdict.Level, change func(by *reference.Convention, how *reference.Sampling)) {
		c := conventionNamed(name)
		s := samplerOf(c, func(row []float32, how reference.Sampling, by reference.Convention) []float64 {
			by.Order = slices.Clone(by.Order)
			change(&by, &how)
			return rightCuts().cut(row, how, by)
		})
		mutants = append(mutants, mutant[reference.Sampler]{"convention", source, cause, s, level})
	}
	order := func(steps ...reference.Step) func(*reference.Convention, *reference.Sampling) {
		return func(by *reference.Convention, _ *reference.Sampling) { by.Order = steps }
	}
	by := func(change func(by *reference.Convention)) func(*reference.Convention, *reference.Sampling) {
		return func(c *reference.Convention, _ *reference.Sampling) { change(c) }
	}
	with := func(change func(how *reference.Sampling)) func(*reference.Convention, *reference.Sampling) {
		return func(_ *reference.Convention, how *reference.Sampling) { change(how) }
	}
	const t, k, p, m = reference.Temper, reference.TopK, reference.TopP, reference.MinP
	follows("vllm#1885", "cuts before T instead of after", "transformers", verdict.Must, order(k, p, m, t))
	follows("sglang-jax#1563", "cuts after T instead of before", "llama.cpp", verdict.Must, order(t, k, p, m))
	follows("derived", "T between top-p and min-p", "llama.cpp", verdict.Must, order(k, p, t, m))
	follows("derived", "min-p before top-p", "transformers", verdict.Must, order(t, k, m, p))
	follows("derived", "min-p after top-p", "vLLM (torch)", verdict.Must, order(t, k, p, m))
	follows("derived", "top-p before top-k", "transformers", verdict.Must, order(t, p, k, m))
	follows("sglang-jax#1563", "P of the original mass after k", "transformers", verdict.Must, by(func(by *reference.Convention) { by.OriginalMass = true }))
	follows("sglang-jax#1563", "P of the renormalised mass after k", "SGLang (torch)", verdict.Must, by(func(by *reference.Convention) { by.OriginalMass = false }))
	follows("derived", "exactly k where ties stay", "transformers", verdict.Must, by(func(by *reference.Convention) { by.TiesAtK = false }))
	follows("derived", "ties at k kept where exactly k are", "llama.cpp", verdict.Must, by(func(by *reference.Convention) { by.TiesAtK = true }))
	follows("derived", "top-p by value where it is by order", "mlx-lm", verdict.Must, by(func(by *reference.Convention) { by.TiesAtP = true }))
	follows("derived", "top-p by order where it is by value", "FlashInfer (joint)", verdict.Must, by(func(by *reference.Convention) { by.TiesAtP = false }))
	follows("TensorRT-LLM, 2025", "M ≤ P for M < P", "TensorRT-LLM (torch)", verdict.Should, by(func(by *reference.Convention) { by.AtMost = true }))
	follows("derived", "M < P for M ≤ P", "Ollama (Go, to May 2026)", verdict.Should, by(func(by *reference.Convention) { by.AtMost = false }))
	follows("derived", "greedy below 1e-4 instead of 1e-5", "vLLM (torch)", verdict.Must, by(func(by *reference.Convention) { by.GreedyBelow = 1e-4 }))
	follows("derived", "greedy only at 0", "SGLang (torch)", verdict.Must, by(func(by *reference.Convention) { by.GreedyBelow = 0 }))
	follows("transformers.js", "top-p read and never applied", "transformers", verdict.Must, with(func(how *reference.Sampling) { how.TopP = 0 }))
	follows("derived", "min-p read and never applied", "llama.cpp", verdict.Must, with(func(how *reference.Sampling) { how.MinP = 0 }))
	follows("derived", "k − 1", "transformers", verdict.Must, with(func(how *reference.Sampling) {
		if how.TopK > 1 {
			how.TopK--
		}
	}))
	follows("derived", "k + 1", "llama.cpp", verdict.Must, with(func(how *reference.Sampling) {
		if how.TopK > 0 && how.TopK < math.MaxInt {
			how.TopK++
		}
	}))
	follows("derived", "k capped at 8", "mlx-lm", verdict.Must, with(func(how *reference.Sampling) { how.TopK = min(how.TopK, 8) }))
	follows("derived", "k capped at 1024", "TensorRT-LLM (torch)", verdict.Must, with(func(how *reference.Sampling) { how.TopK = min(how.TopK, 1024) }))
	follows("derived", "k = 0 taken for 1", "transformers.js", verdict.Must, with(func(how *reference.Sampling) { how.TopK = max(how.TopK, 1) }))
	follows("derived", "T = 0 taken for 1", "llama.cpp", verdict.Must, with(func(how *reference.Sampling) {
		if how.Temperature == 0 {
			how.Temperature = 1
		}
	}))
	follows("derived", "T = +Inf taken for 1e4", "transformers", verdict.Must, with(func(how *reference.Sampling) { how.Temperature = math.Min(how.Temperature, 1e4) }))
	follows("derived", "T applied twice", "vLLM (torch)", verdict.Must, with(func(how *reference.Sampling) { how.Temperature *= how.Temperature }))
	follows("derived", "cuts that are on switch the others off", "transformers", verdict.Must, with(func(how *reference.Sampling) {
		if how.TopK > 0 {
			how.TopP = 0
		}
	}))
	return mutants
}
