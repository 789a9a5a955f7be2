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
	// quick reports whether maximum takes less time than a search for an element.
	quick bool
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
	// sumChunks is sum of every chunk of x, each of chunkLength: fits is about all of them. It
	// is nil, or left alone for a matrix of more logits than chunksUpTo, where it takes no
	// less time.
	sumChunks  func(sums []float64, x []E, c, k float64) (fits bool)
	chunksUpTo int
	// weigh also writes the powers to dst, which is x itself or apart from it.
	weigh func(dst []float32, x []E, c, k float64) (total float64, fits bool)
	// fits reports whether sum and weigh fit for a chunk whose largest logit is top.
	fits func(top float32, c, k float64) bool
	// weighBlocks writes the powers to w, zeros behind them up to a multiple of eight, and
	// to sums, which begins with 0, the sum of all up to each block of blockLength.
	weighBlocks func(w []float32, sums []float64, x []E, c, k float64) (fits bool)
	// locate returns the part i with F(i−1) ≤ u·total < F(i), where F are the running sums
	// of the parts, and the last of them is the total. A part that is 0 is never the one.
	// It has no meaning where the total is not a number above 0. The number of parts is a
	// multiple of eight, up to blockLength. As an example, the parts 1, 0, 3 (and five
	// zeros) and u = .625 give part 2.
	locate func(parts []float32, u float64) (i int, total float64)

	// The rest is nil where a batch would not be faster than its rows one by one.
	//
	// offsetRows computes k, shift and least of the rows of a batch by their first logits,
	// with the bits of offset.
	offsetRows func(b *batch, rows []E, vocab int, c float64)
	// sumRows computes the sums of rows of a batch, of row from and those behind it, with
	// the bits of sum. The sum of a row that does not fit is NaN.
	sumRows rowsFunc[E]
	// weighRows also writes the powers of row r from w[r·shortRow] on, with the bits of
	// weigh, and zeros behind them up to a multiple of eight.
	weighRows rowsFunc[E]
	// powerRows is weighRows with 1 for the sum of a row that fits.
	powerRows rowsFunc[E]
	// scaleRows multiplies each row of w by its factor, and leaves no gaps in dst.
	scaleRows func(dst, w, factor []float32, vocab int)
	// log2Rows is log2 of each number.
	log2Rows func(dst, x []float64)

	cutting cutting // nil for logits of 16 bits

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
