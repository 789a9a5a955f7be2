package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// Joint is a language model in its classical form: an explicit probability for
// every sequence x_1 … x_L over the vocabulary. Its conditionals are quotients
// of marginals, p(v | x_<i) = p(x_<i v) / p(x_<i), so any joint distribution is
// an autoregressive model.
type Joint struct {
	vocab, length int
	marginals     [][]float64 // marginals[i][c]: probability of the prefix of length i whose digits in base vocab spell c
}

// NewJoint takes the probabilities of all vocab^length sequences in lexicographic
// order, the first token most significant. A number of them that does not fit, or
// more than 2^26, is [reference.ErrShape]; a probability that is negative or not
// finite, or a sum further than 1e-9 from 1, is [reference.ErrDistribution].
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

// VocabSize is the number of tokens.
func (j *Joint) VocabSize() int {
	if j == nil {
		return 0
	}
	return j.vocab
}

// LogConditional works like [Model]. A prefix of the full length has no
// continuation either ([ErrImpossiblePrefix]).
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
