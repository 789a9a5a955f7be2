package simd

import "sync"

// arithmetic is how a variant computes with chunks of a row, whose logits are in
// some format. Each logit x stands for the power of two 2^(x·c − k), with c =
// log2(e)/T and a k near c·max that keeps the powers in range: Σ exp(x/T) = 2^k ·
// Σ 2^(x·c − k).
type arithmetic[E Logit] struct {
	// maximum is the largest element of x, +Inf included. A NaN in x shows as
	// NaN in maximum or in sum and weigh.
	maximum func(x []E) float32
	// largest is maximum, and NaN where x holds NaN.
	largest func(x []E) float32
	// sum is Σ 2^(x_i·c − k). Powers below 2^−126 count as 0: −Inf does. It fits if
	// no x_i·c − k exceeds headroom; otherwise it means nothing.
	sum func(x []E, c, k float64) (total float64, fits bool)
	// weigh also writes the powers to dst, which is x itself or apart from it.
	weigh func(dst []float32, x []E, c, k float64) (total float64, fits bool)
	// fits says of the largest logit what sum and weigh say of all.
	fits func(top float32, c, k float64) bool
	// multiply scales w in place.
	multiply func(w []float32, factor float64)

	// offset is the k to be used when c·max is so much.
	offset func(top float64) float64
	// least and most bound the c that these functions are right for, reach the
	// |k|. What lies outside takes the slow road.
	least, most, reach float64
	slow               Kernels[E]

	operations operations[E]
	jobs       *sync.Pool // see rows.go
}

// headroom is the largest exponent of a power: with as many powers as a row has,
// their sum is far from leaving float32.
const headroom = 64

// kernels are the operations on whole matrices that the arithmetic carries.
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
