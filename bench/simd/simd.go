// Package simd provides the vocabulary-sized operations of
// [temper/reference.Kernels] at the speed of the machine, for logits in float32,
// bfloat16 and float16.
//
// Every variant runs the same few steps, in files of their own: a row is read
// once, in chunks that stay in the first-level cache (pass.go); a power of two
// stands for each logit (exp2.go); what the powers add up to gives the
// log-sum-exp (logsumexp.go), the annealed softmax (anneal.go) and the drawn
// token (sample.go). Variants differ in their [arithmetic] only.
package simd

import "temper/reference"

// Variants lists every variant that is compiled in, by width of registers; Available
// says whether this machine can run it.
func Variants() []reference.Kernels {
	var variants []reference.Kernels
	for _, k := range variantsOf(portable32, vectors32()) {
		variants = append(variants, reference.Kernels(k))
	}
	return variants
}

// BFloat16Variants are the [Variants] for logits in bfloat16.
func BFloat16Variants() []Kernels[BFloat16] {
	return variantsOf(portableBFloat16, vectorsBFloat16())
}

// Float16Variants are the [Variants] for logits in float16.
func Float16Variants() []Kernels[Float16] {
	return variantsOf(portableFloat16, vectorsFloat16())
}

func variantsOf[E Logit](portable *arithmetic[E], vectors []Kernels[E]) []Kernels[E] {
	return append([]Kernels[E]{portable.kernels("portable", "", true)}, vectors...)
}

// Best is the variant with the widest registers that this machine can run.
func Best() reference.Kernels { return reference.Kernels(best(variantsOf(portable32, vectors32()))) }

// BestBFloat16 is [Best] for logits in bfloat16.
func BestBFloat16() Kernels[BFloat16] { return best(BFloat16Variants()) }

// BestFloat16 is [Best] for logits in float16.
func BestFloat16() Kernels[Float16] { return best(Float16Variants()) }

func best[E Logit](variants []Kernels[E]) (best Kernels[E]) {
	for _, k := range variants {
		if k.Available {
			best = k
		}
	}
	return best
}
