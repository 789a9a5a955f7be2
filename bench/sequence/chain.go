package sequence

import (
	"fmt"
	"math"

	"temper/reference"
	"temper/reference/sequence"
)

// Chain is a Markov chain of order 0 or 1 over tokens, in log-probabilities (nats):
// begin's row, and a row for every token. Its sequences have a fixed length and no
// end. Where [sequence.AnnealedMarkov] sums in logs, with one exponential for every
// transition and step, a Chain multiplies matrices of p^(1/T), with one exponential
// for every transition.
type Chain struct {
	vocab int
	first []float64 // log p(v | begin)
	next  []float64 // log p(v | u), row-major; −Inf throughout where begin cannot lead
}

// NewChain reads a Markov model. Errors: [reference.ErrShape] for an order above 1,
// and for a model whose sequences end.
func NewChain(m *sequence.Markov) (*Chain, error) {
	if m.Order() > 1 {
		return nil, fmt.Errorf("chain of order %d: %w", m.Order(), reference.ErrShape)
	}
	vocab := m.VocabSize()
	c := &Chain{vocab: vocab, first: make([]float64, vocab), next: make([]float64, vocab*vocab)}
	for i := range c.next {
		c.next[i] = math.Inf(-1)
	}
	if err := m.LogConditional(c.first, nil); err != nil {
		return nil, err
	}
	paths := make([][]int, vocab)
	var queue []int
	meet := func(row []float64, path []int) {
		for v, logp := range row {
			if paths[v] == nil && !math.IsInf(logp, -1) {
				paths[v] = append(append([]int{}, path...), v)
				queue = append(queue, v)
			}
		}
	}
	meet(c.first, nil)
	for len(queue) > 0 {
		u := queue[0]
		queue = queue[1:]
		if err := m.LogConditional(c.row(u), paths[u]); err != nil {
			return nil, fmt.Errorf("after token %d, where the chain must go on: %w: %w", u, reference.ErrShape, err)
		}
		meet(c.row(u), paths[u])
	}
	return c, nil
}

// VocabSize is the number of tokens.
func (c *Chain) VocabSize() int { return c.vocab }

func (c *Chain) row(u int) []float64 { return c.next[u*c.vocab : (u+1)*c.vocab] }

// powers fills dst with p^(1/T), divided by the largest, and returns the logarithm
// of that largest one; ok is false where a quotient is below exp(−300).
func powers(dst, logp []float64, temperature float64) (log float64, ok bool) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, x := range logp {
		if !math.IsInf(x, -1) {
			low, high = math.Min(low, x/temperature), math.Max(high, x/temperature)
		}
	}
	if !(high-low <= widest) {
		return 0, false
	}
	for i, x := range logp {
		dst[i] = 0
		if !math.IsInf(x, -1) {
			dst[i] = math.Exp(x/temperature - high)
		}
	}
	return high, true
}

// Where a weight and a value are at least exp(−300) of the largest, which is 1 after
// rescaling, their product exp(−600) is still a normal float64, the least of which is
// exp(−708). Where one is smaller, sums are taken in logs.
const widest = 300

var narrowest = math.Exp(-widest)

// rescale divides by the largest element and returns its logarithm; ok is false
// where a positive quotient is below exp(−300). No element is below 0, so that their bits
// compare as they do, which takes less time. Less 1, the bits of 0 are the largest.
func rescale(x []float64) (log float64, ok bool) {
	top, low := uint64(0), uint64(math.MaxUint64)
	for _, v := range x {
		top = max(top, math.Float64bits(v))
		low = min(low, math.Float64bits(v)-1)
	}
	if top == 0 {
		return math.Inf(-1), true
	}
	largest, least := math.Float64frombits(top), math.Float64frombits(low+1)
	if least < largest*narrowest {
		return 0, false
	}
	inverse := 1 / largest
	for i := range x {
		x[i] *= inverse
	}
	return math.Log(largest), true
}
