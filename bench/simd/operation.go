package simd

import (
	"cmp"
	"math"

	"temper/reference"
)

// An operation processes a matrix row by row. How it processes a row depends on the
// row's temperature, and only regime decides that:
//
//	T = 0           greedy    all mass is on the largest logit
//	0 < T < +Inf    finite    a power of two for every logit
//	T = +Inf        uniform   the logits above −Inf are counted
//	                slow      T is finite, and c outside the range of the arithmetic
//
// The slow functions leave the row to a slower variant that has the range.

// operation has a function for each of these cases. The function writes the result of
// row r, whose logits are row, or returns what is wrong with them.
type operation[E Logit] struct {
	greedy, finite, uniform, slow rowFunc[E]
	batch                         batchFunc[E] // finite for rows of up to longest logits
	longest                       int
}

type rowFunc[E Logit] func(j *job[E], m *masses, r int, row []E, c float64) error

// regime returns the function for a row at a temperature, and c = log2(e)/T. A c below
// smallestC is raised to it: at such a T every logit above −Inf has the exponent 0.
// Where together is not nil, it processes several rows of the vocabulary.
func (o *operation[E]) regime(a *arithmetic[E], vocab int, temperature float64) (do rowFunc[E], together batchFunc[E], c float64) {
	switch c = max(math.Log2E/temperature, smallestC); {
	case temperature == 0:
		return o.greedy, nil, c
	case math.IsInf(temperature, 1):
		return o.uniform, nil, c
	case a.least <= c && c <= a.most:
		if vocab <= o.longest && a.sumRows != nil {
			together = o.batch
		}
		return o.finite, together, c
	}
	return o.slow, nil, c
}

const smallestC = 0x1p-800

// operations are those of [Kernels]. Draw is Sample with numbers u of its own.
type operations[E Logit] struct {
	logSumExp, logProbs, anneal, sample operation[E]
}

// operationsOf is called once for each arithmetic. If it were called for each call of
// a kernel, the function values would be allocated each time.
func operationsOf[E Logit]() operations[E] {
	return operations[E]{
		logSumExp: operation[E]{ // there is none at T = 0
			finite:  (*job[E]).logSumExpRow,
			batch:   (*job[E]).logSumExpBatch,
			longest: chunkLength,
			uniform: (*job[E]).uniformLogSumExpRow,
			slow:    (*job[E]).slowLogSumExpRow,
		},
		logProbs: operation[E]{
			greedy:  (*job[E]).greedyLogProbsRow,
			finite:  (*job[E]).logProbsRow,
			batch:   (*job[E]).logProbsBatch,
			longest: chunkLength,
			uniform: (*job[E]).uniformLogProbsRow,
			slow:    (*job[E]).slowLogProbsRow,
		},
		anneal: operation[E]{
			greedy:  (*job[E]).greedyAnnealRow,
			finite:  (*job[E]).annealRow,
			batch:   (*job[E]).annealBatch,
			longest: shortRow,
			uniform: (*job[E]).uniformAnnealRow,
			slow:    (*job[E]).slowAnnealRow,
		},
		sample: operation[E]{
			greedy:  (*job[E]).greedySampleRow,
			finite:  (*job[E]).sampleRow,
			batch:   (*job[E]).sampleBatch,
			longest: shortRow,
			uniform: (*job[E]).uniformSampleRow,
			slow:    (*job[E]).slowSampleRow,
		},
	}
}

// checkToken returns nil for a token of the row's vocabulary. If the logits of the row
// are bad too, the error is about them, as the reference's is.
func checkToken[E Logit](token int, row []E) error {
	return logitsFirst(reference.CheckToken(token, len(row)), row)
}

// checkUniform returns nil for u in [0, 1), and an error like that of checkToken
// otherwise.
func checkUniform[E Logit](u float64, row []E) error {
	return logitsFirst(reference.CheckUniform(u), row)
}

// logitsFirst returns nil for nil, otherwise the error of the row's logits if there is
// one, otherwise err.
func logitsFirst[E Logit](err error, row []E) error {
	if err == nil {
		return nil
	}
	return cmp.Or(reference.CheckRow(widened(row)), err)
}
