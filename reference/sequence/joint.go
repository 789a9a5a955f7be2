package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// Joint is a table with the probability of every sequence x_1 … x_L over the
// vocabulary. As a [Model] it has the conditional distributions p(v | x_<i) =
// p(x_<i v) / p(x_<i), quotients of marginal probabilities.
type Joint struct {
	vocab, length int
	marginals     [][]float64 // marginals[i][c]: probability of the prefix of length i whose digits in base vocab spell c
}

// NewJoint returns the model in which p holds the probabilities of all vocab^length
// sequences in lexicographic order. As an example, with 2 tokens and length 2, p holds
// those of 00, 01, 10 and 11. Errors: [reference.ErrShape] if len(p) is not vocab^length
// or is above 2^26; [reference.ErrDistribution] for a probability that is negative or
// not finite, and for a sum that differs from 1 by more than 1e-9.
func NewJoint(vocab, length int, p []float64) (*Joint, error) {
	size, ok := power(vocab, length, min(len(p), mostCells))
	if vocab <= 0 || length < 0 || length > longestSequence || !ok || size != len(p) {
		return nil, fmt.Errorf("%d probabilities for %d^%d sequences: %w", len(p), vocab, length, reference.ErrShape)
	}
	var total reference.Sum
	for i, x := range p {
		if !(x >= 0) || math.IsInf(x, 1) {
			return nil, fmt.Errorf("probability %d is %v: %w", i, x, reference.ErrDistribution)
		}
		total.Add(x)
	}
	if math.Abs(total.Value()-1) > 1e-9 {
		return nil, fmt.Errorf("probabilities sum to %v: %w", total.Value(), reference.ErrDistribution)
	}
	j := &Joint{vocab: vocab, length: length, marginals: make([][]float64, length+1)}
	j.marginals[length] = append([]float64(nil), p...)
	for i := length; i > 0; i-- {
		j.marginals[i-1] = sumGroups(j.marginals[i], vocab)
	}
	return j, nil
}

// VocabSize returns the number of tokens, 0 for nil.
func (j *Joint) VocabSize() int {
	if j == nil {
		return 0
	}
	return j.vocab
}

// LogConditional implements [Model]. A prefix of the full length has no continuation:
// [ErrImpossiblePrefix].
func (j *Joint) LogConditional(dst []float64, prefix []int) error {
	if err := checkQuery(dst, prefix, j.VocabSize()); err != nil {
		return err
	}
	if len(prefix) >= j.length {
		return fmt.Errorf("%d tokens of sequences of length %d: %w", len(prefix), j.length, ErrImpossiblePrefix)
	}
	code := 0
	for _, token := range prefix {
		code = code*j.vocab + token
	}
	mass := j.marginals[len(prefix)][code]
	if mass == 0 {
		return fmt.Errorf("probability 0: %w", ErrImpossiblePrefix)
	}
	for v := range dst {
		dst[v] = math.Log(j.marginals[len(prefix)+1][code*j.vocab+v] / mass)
	}
	return nil
}

// sumGroups adds every width neighbours up.
func sumGroups(p []float64, width int) []float64 {
	sums := make([]float64, len(p)/width)
	for i := range sums {
		var total reference.Sum
		for _, x := range p[i*width : (i+1)*width] {
			total.Add(x)
		}
		sums[i] = total.Value()
	}
	return sums
}

// power is base^exponent, or not ok when that is more than most.
func power(base, exponent, most int) (size int, ok bool) {
	size = 1
	for range exponent {
		if base <= 1 {
			return base, base <= most
		}
		if size > most/base {
			return 0, false
		}
		size *= base
	}
	return size, size <= most
}
