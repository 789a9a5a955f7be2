// Package simd provides the vocabulary-sized operations of
// [temper/reference.Kernels] at the speed of the machine, for logits in float32,
// bfloat16 and float16.
//
// Every variant runs the same steps, each in a file of its own. A row is read once, in
// chunks that stay in the first-level cache (pass.go). Each logit becomes a power of
// two (package elementary, vector.go). The sums of the powers give the log-sum-exp and
// log-probabilities (logsumexp.go), the annealed softmax (anneal.go) and the token that
// is drawn (sample.go). The temperature of a row decides between these, greedy.go and
// uniform.go (operation.go). Rows are shared between threads (rows.go), and those of a
// small vocabulary are processed together (batch.go). Variants differ only in their
// arithmetic (arithmetic.go): portable.go, or vector.go with assembly.
//
// [Samplers] are [temper/reference.Sampler] of the same variants: top-k, top-p and min-p
// without a sort (sampler.go).
package simd

import (
	"slices"

	"temper/reference"
)

// Variants returns every variant for logits in the format E, by width of registers. It
// includes those that this machine cannot run: see Available.
func Variants[E Logit]() []Kernels[E] { return slices.Clone(variantsOf[E]()) }

// Best returns the variant for logits in the format E with the widest registers that
// this machine has. For float32 it converts to a reference.Kernels:
// reference.Kernels(Best[float32]()).
func Best[E Logit]() (best Kernels[E]) {
	for _, k := range variantsOf[E]() {
		if k.Available {
			best = k
		}
	}
	return best
}

// Float32Variants returns [Variants] for float32, each as a reference.Kernels: Go
// converts one value, but no slice.
func Float32Variants() []reference.Kernels {
	var variants []reference.Kernels
	for _, k := range variants32 {
		variants = append(variants, reference.Kernels(k))
	}
	return variants
}

// The variants are made once: each keeps the memory of its calls for the next.
var (
	variants32       = variantsWith(portable32, float32Assembly, (*arithmetic[float32]).kernels)
	variantsBFloat16 = variantsWith(portableBFloat16, func(s *instructionSet) assembly[uint16] { return s.bfloat16 }, (*arithmetic[BFloat16]).kernels)
	variantsFloat16  = variantsWith(portableFloat16, func(s *instructionSet) assembly[uint16] { return s.float16 }, (*arithmetic[Float16]).kernels)
)

func float32Assembly(s *instructionSet) assembly[float32] { return s.float32 }

// variantsWith makes something of the arithmetic of every variant for a format, whose
// assembly code picks.
func variantsWith[E Logit, W float32 | uint16, V any](portable *arithmetic[E], code func(*instructionSet) assembly[W], of func(a *arithmetic[E], name, requires string, available bool) V) []V {
	variants := []V{of(portable, "portable", "", true)}
	for i := range instructionSets {
		set := &instructionSets[i]
		variants = append(variants, of(vector(set, code(set), portable), set.name, set.requires(), set.available()))
	}
	return variants
}

func variantsOf[E Logit]() []Kernels[E] {
	var variants any
	switch any(E(0)).(type) {
	case float32:
		variants = variants32
	case BFloat16:
		variants = variantsBFloat16
	case Float16:
		variants = variantsFloat16
	}
	return variants.([]Kernels[E])
}
