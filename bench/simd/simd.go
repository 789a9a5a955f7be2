// Package simd provides the vocabulary-sized operations of
// [temper/reference.Kernels] at the speed of the machine.
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
	return append([]reference.Kernels{portable()}, vectors()...)
}

// Best is the variant with the widest registers that this machine can run.
func Best() reference.Kernels {
	best := portable()
	for _, k := range Variants() {
		if k.Available {
			best = k
		}
	}
	return best
}
