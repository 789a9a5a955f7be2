package simd

import "sync"

// arithmetic holds the functions with which a variant computes on a chunk of a row,
// whose logits are in the format E. It computes with powers of two:
//
//	Σ exp(x/T) = 2^k · Σ 2^(x·c − k), c = log2(e)/T,
//
// for any k near c·max that keeps the powers in range.
type arithmetic[E Logit] struct {
	// maximum returns the largest element of x, which may be +Inf. Where x holds NaN
	// either maximum or both of sum and weigh return NaN.
	maximum func(x []E) float32
	// largest returns the maximum, or NaN where x holds NaN.
	largest func(x []E) float32
	// count returns how many elements are not −Inf. It has read each of them, and finite
	// reports that none is NaN or +Inf; where it is false there may be none all the same.
	count func(x []E) (tokens int, finite bool)
	// mark writes 0 where x is −Inf, and p elsewhere. dst is x itself or apart from it.
	mark func(dst []float32, x []E, p float32)
	// sum returns Σ 2^(x_i·c − k). A power below 2^−126 counts as 0, and so does that
	// of −Inf. If an x_i·c − k exceeds headroom, fits is false and the total has no
	// meaning.
	sum func(x []E, c, k float64) (total float64, fits bool)
	// weigh also writes the powers to dst, which is x itself or apart from it.
	weigh func(dst []float32, x []E, c, k float64) (total float64, fits bool)
	// fits reports whether sum and weigh fit for a chunk whose largest logit is top.
	fits func(top float32, c, k float64) bool
	// multiply scales w in place.
	multiply func(w []float32, factor float64)

	// offset returns k for a given c·max.
	offset func(top float64) float64
	// The functions are right for least ≤ c ≤ most and |k| ≤ reach. Other rows are
	// left to the slow kernels.
	least, most, reach float64
	slow               Kernels[E]

	operations operations[E]
	jobs       *sync.Pool // see rows.go
}

// headroom is the largest exponent of a power. The sum of 2^31 powers of 2^64 is 2^95,
// far below the largest float32, 2^128.
const headroom = 64

// kernels returns the operations on matrices that compute with this arithmetic.
func (a *arithmetic[E]) kernels(name, requires string, available bool) Kernels[E] {
	return Kernels[E]{
		Name:      name,
		Requires:  requires,
		Available: available,
		LogSumExp: a.logSumExp,
		LogProbs:  a.logProbs,
		Anneal:    a.anneal,
		Sample:    a.sample,
		Draw:      a.draw,
	}
}
