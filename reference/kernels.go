package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Kernels is one implementation of the operations on whole rows of logits, whose
// distribution at temperature T is p_T(v) = exp(logit_v / T) / Σ_w exp(logit_w / T).
// A nil field means "not provided".
//
// # Shapes and units
//
// The logits are a row-major matrix of rows × vocab, with vocab = len(logits) /
// rows. Logarithms are natural (nats). All operations are safe for concurrent use,
// and allocate nothing unless there is an error.
//
// # Temperature
//
// T is in [0, +Inf]; a T below 0 or NaN is [ErrTemperature].
//   - At T = 0 the largest logit has probability 1, the one of lowest index among
//     equals. LogSumExp has no value there and returns ErrTemperature.
//   - At T = +Inf all tokens of the support, the logits above −Inf, have the same
//     probability. LogSumExp is the logarithm of their number.
//
// # Logits
//
// A logit is finite, or −Inf for a masked token, whose probability is exactly 0 at
// every T and which is never drawn. A row is bad if it contains NaN ([ErrNaN]) or
// +Inf ([ErrInf]), if no logit is above −Inf ([ErrNoSupport]), or if its token
// ([ErrToken]) or uniform number ([ErrUniform]) is out of range.
//
// # Errors
//
// A bad row does not affect the others: the results of all good rows are written,
// and the error, a [RowErrors], names the bad rows and the reasons. The element of
// dst of a bad row does not change, except that Anneal fills the row with NaN.
//
// A wrong temperature or a wrong shape ([ErrShape]) is an error before anything is
// written. Shapes are wrong when lengths differ, rows does not divide len(logits),
// the vocabulary is 0, or there are logits but no rows. No rows with no logits are
// allowed. The logits never change, except by Anneal with dst = logits.
//
// The Must laws of [temper/props] also accept other ways to report a bad row: any
// error, and NaN from LogSumExp, LogProbs and Anneal (for all tokens of the row
// except the masked ones). They also accept the limits: probability 1 for a token
// of logit +Inf, a log-sum-exp of +Inf for its row and of −Inf for a row without
// support, probability 0 for all tokens of such a row, and at T < 0 the result of
// T = 0. The implementations of this module return the errors.
//
// # Results
//
// The result of a row does not depend on the other rows, on its place among them,
// on memory alignment or on the number of threads. The log-probability of a masked
// token is −Inf. Where logit / T is beyond the range of float64 the result is ±Inf,
// never NaN. [temper/props/accuracy.Bounds] says how accurate a result must be.
type Kernels struct {
	Name      string // "reference", "portable", "avx2", "avx512", …
	Requires  string // CPU features, "" for none
	Available bool   // this machine can run it

	// LogSumExp: dst[r] = log Σ_v exp(logit_rv / T), rows = len(dst), 0 < T.
	LogSumExp func(dst []float64, logits []float32, temperature float64) error

	// LogProbs: dst[r] = logit_rt / T − LogSumExp_r for t = tokens[r], rows =
	// len(dst) = len(tokens): the terms of the chain rule.
	LogProbs func(dst []float64, logits []float32, tokens []int, temperature float64) error

	// Anneal: dst_rv = p_T(v) of row r, the annealed softmax. dst has the shape of
	// logits, and either is logits itself or does not overlap it.
	Anneal func(dst, logits []float32, rows int, temperature float64) error

	// Sample: dst[r] is the token i with F(i−1) ≤ u[r] < F(i), where F(i) = Σ_{v≤i}
	// p_T(v) of row r; rows = len(dst) = len(u), u in [0, 1). As an example, the
	// probabilities 0.5, 0 and 0.5 have token 0 for u < 0.5 and token 2 otherwise:
	// token 1 is never returned. The length of the interval of u that belongs to i is
	// p_T(i) within the relative bound of the operation, even where p_T(i) is tiny.
	Sample func(dst []int, logits []float32, u []float64, temperature float64) error

	// Draw: dst[r] is a token drawn from p_T of row r, rows = len(dst). The result is
	// a function of the arguments and of the words of src; the implementation decides
	// how many words it uses, and in which order. A nil src is [ErrNil], except at
	// T = 0, where nothing is drawn.
	Draw func(dst []int, logits []float32, src rand.Source, temperature float64) error
}

// CheckTemperature returns nil for T in [0, +Inf], and [ErrTemperature] otherwise.
func CheckTemperature(temperature float64) error {
	if !(temperature >= 0) {
		return fmt.Errorf("temperature %v: %w", temperature, ErrTemperature)
	}
	return nil
}

// Vocab returns logits / rows, the vocabulary size of a matrix with this number of
// logits and of rows. Errors: [ErrShape] if rows does not divide logits or one of
// the two is not positive; but no logits in no rows have vocabulary 0.
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

// CheckRow returns nil for a good row of logits: none is NaN ([ErrNaN]) or +Inf
// ([ErrInf]), and at least one is above −Inf ([ErrNoSupport]). The error names the
// first bad logit.
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

// CheckSource returns nil for a source of random words, and [ErrNil] for nil. Call it
// where a word is needed.
func CheckSource(src rand.Source) error {
	if src == nil {
		return fmt.Errorf("source of random words: %w", ErrNil)
	}
	return nil
}
