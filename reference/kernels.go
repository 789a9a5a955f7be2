package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Kernels is one implementation of the vocabulary-sized operations of a
// language model: p_T(v) = exp(logit_v / T) / Σ_w exp(logit_w / T), row by row.
// A nil field means "not provided".
//
// # Shapes and units
//
// Logits form a row-major matrix, one row per position: vocab = len(logits) /
// rows. Log-probabilities are natural (nats). All operations are safe for
// concurrent use and allocate nothing unless there is an error.
//
// # Temperature
//
// T is in [0, +Inf]; below 0 or NaN it is [ErrTemperature].
//   - T = 0 puts all mass on the largest logit, the lowest index among equals.
//     LogSumExp has no value there and returns ErrTemperature.
//   - T = +Inf is uniform over the support, the logits above −Inf; LogSumExp is
//     the logarithm of its size.
//
// # Logits
//
// A logit is finite, or −Inf for a masked token: probability exactly 0 at every
// T, never drawn. A row with NaN ([ErrNaN]) or +Inf ([ErrInf]), or with nothing
// above −Inf ([ErrNoSupport]), is a bad row. So is one whose token ([ErrToken])
// or uniform number ([ErrUniform]) is out of range.
//
// # Errors
//
// Bad rows do not spread: every good row is written, and the error, a
// [RowErrors], names the bad rows and what is wrong with each. A bad row's element of dst
// stays untouched; Anneal fills that row with NaN. Wrong shapes ([ErrShape]) and
// temperatures are found before anything is written: a length that rows does not
// divide, a vocabulary of 0, logits without rows. No rows and no logits is fine.
// Inputs are never changed, except by Anneal in place.
//
// Other implementations may refuse in other ways. To the laws that everyone must
// keep any error is a refusal, and so is NaN from LogSumExp, LogProbs and Anneal
// (for all tokens of the row but the masked ones). They also let pass what is right
// in the limit: all mass on the token of +Inf, a log-sum-exp of +Inf for that row
// and of −Inf for one without support, no mass on any token of such a row, and the
// answer of T = 0 at T < 0. The implementations of this module return the errors.
//
// # Results
//
// The answer for a row does not depend on the other rows, on its place among
// them, on memory alignment or on the number of threads. A masked token's
// log-probability is −Inf. Where logit / T leaves float64 the result is ±Inf,
// never NaN.
//
// How accurate an answer has to be is no part of this type: the bounds are those
// of [temper/props/accuracy.Bounds].
type Kernels struct {
	Name      string // "reference", "portable", "avx2", "avx512", …
	Requires  string // CPU features, "" for none
	Available bool   // this machine can run it

	// LogSumExp: dst[r] = log Σ_v exp(logit_rv / T), rows = len(dst), 0 < T.
	LogSumExp func(dst []float64, logits []float32, temperature float64) error

	// LogProbs: dst[r] = logit_rt / T − LogSumExp_r for t = tokens[r], rows =
	// len(dst) = len(tokens): the terms of the chain rule.
	LogProbs func(dst []float64, logits []float32, tokens []int, temperature float64) error

	// Anneal: dst_rv = p_T(v) of row r, the annealed softmax. dst is logits
	// itself, or apart from it.
	Anneal func(dst, logits []float32, rows int, temperature float64) error

	// Sample: dst[r] is the token i with F(i−1) ≤ u[r] < F(i), F the
	// distribution function of p_T in vocabulary order, rows = len(dst) =
	// len(u), u in [0, 1). The interval of u that gives i has length p_T(i) within
	// the relative bound of the operation, however rare i is, and the empty
	// interval of a token of probability 0 is never hit.
	Sample func(dst []int, logits []float32, u []float64, temperature float64) error

	// Draw: dst[r] is a token drawn from p_T of row r, for samplers that spend
	// randomness their own way. A function of its arguments and of the words of
	// src; how many it takes, and in which order, is up to the implementation. A
	// nil src is [ErrNil], except at T = 0, where there is nothing to draw.
	Draw func(dst []int, logits []float32, src rand.Source, temperature float64) error
}

// CheckTemperature returns nil for T in [0, +Inf], and [ErrTemperature] otherwise.
func CheckTemperature(temperature float64) error {
	if !(temperature >= 0) {
		return fmt.Errorf("temperature %v: %w", temperature, ErrTemperature)
	}
	return nil
}

// Vocab returns the vocabulary, logits / rows, of a matrix with this number of logits
// and rows. It returns [ErrShape] if rows does not divide logits, or if only one of the
// two is 0. For no logits and no rows it returns 0.
func Vocab(logits, rows int) (int, error) {
	switch {
	case rows == 0 && logits == 0:
		return 0, nil
	case rows <= 0:
		return 0, fmt.Errorf("%d logits in %d rows: %w", logits, rows, ErrShape)
	case logits <= 0:
		return 0, fmt.Errorf("%d rows of an empty vocabulary: %w", rows, ErrShape)
	case logits%rows != 0:
		return 0, fmt.Errorf("%d logits do not divide into %d rows: %w", logits, rows, ErrShape)
	}
	return logits / rows, nil
}

// CheckRow returns nil for a good row of logits. Otherwise its error names the first
// logit that is NaN or +Inf, or says that no logit is above −Inf.
func CheckRow[F float32 | float64](logits []F) error {
	support := false
	for i, x := range logits {
		switch x := float64(x); {
		case math.IsNaN(x):
			return fmt.Errorf("logit %d: %w", i, ErrNaN)
		case math.IsInf(x, 1):
			return fmt.Errorf("logit %d is +Inf: %w", i, ErrInf)
		case !math.IsInf(x, -1):
			support = true
		}
	}
	if !support {
		return fmt.Errorf("%d logits, none above -Inf: %w", len(logits), ErrNoSupport)
	}
	return nil
}

// CheckToken returns nil for a token in [0, vocab), and [ErrToken] otherwise.
func CheckToken(token, vocab int) error {
	if token < 0 || token >= vocab {
		return fmt.Errorf("token %d of a vocabulary of %d: %w", token, vocab, ErrToken)
	}
	return nil
}

// CheckUniform returns nil for u in [0, 1), and [ErrUniform] otherwise.
func CheckUniform(u float64) error {
	if !(u >= 0 && u < 1) {
		return fmt.Errorf("u = %v: %w", u, ErrUniform)
	}
	return nil
}

// CheckSource returns nil for a source, and [ErrNil] for nil.
func CheckSource(src rand.Source) error {
	if src == nil {
		return fmt.Errorf("source of random words: %w", ErrNil)
	}
	return nil
}
