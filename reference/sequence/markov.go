package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// Markov is a [Model] of order k: p(v | x_<i) depends only on the last k tokens, the
// context. Positions before the first token count as begin.
type Markov struct {
	vocab, order, end int
	logp              []float64 // (vocab+1)^order contexts × vocab; a context is a number in base vocab+1, whose digit vocab is begin
}

// NewMarkov returns the model p(v | c) = (n(c,v) + δ) / (n(c) + δ·vocab), where n(c,v)
// is how often token v follows context c in the sequences, and δ is delta.
//
// order ≥ 0; end < 0 means that there is no end. With δ = 0 a context that does not
// occur has no continuation. Errors: [reference.ErrShape] for an empty vocabulary, a negative
// order or a table of more than 2^26 cells, [reference.ErrDistribution] for δ
// negative or not finite, [reference.ErrToken] for a token or end out of range,
// and [ErrImpossiblePrefix] for a sequence that goes on after end.
func NewMarkov(vocab, order, end int, delta float64, sequences [][]int) (*Markov, error) {
	if vocab <= 0 || vocab > mostCells || order < 0 {
		return nil, fmt.Errorf("order %d over a vocabulary of %d: %w", order, vocab, reference.ErrShape)
	}
	contexts, ok := power(vocab+1, order, mostCells/vocab)
	if !ok {
		return nil, fmt.Errorf("order %d over a vocabulary of %d needs more than %d cells: %w", order, vocab, mostCells, reference.ErrShape)
	}
	if end >= vocab {
		return nil, fmt.Errorf("end: %w", reference.CheckToken(end, vocab))
	}
	if !(delta >= 0) || math.IsInf(delta*float64(vocab), 1) {
		return nil, fmt.Errorf("delta is %v: %w", delta, reference.ErrDistribution)
	}
	m := &Markov{vocab: vocab, order: order, end: end, logp: make([]float64, contexts*vocab)}
	counts := m.logp
	for i, sequence := range sequences {
		err := checkTokens(sequence, vocab)
		if err == nil && len(sequence) > 0 {
			err = checkAlive(sequence[:len(sequence)-1], end)
		}
		if err != nil {
			return nil, fmt.Errorf("sequence %d: %w", i, err)
		}
		context := m.start()
		for _, token := range sequence {
			counts[context*vocab+token]++
			context = m.shift(context, token)
		}
	}
	for c := range contexts {
		normaliseCounts(counts[c*vocab:(c+1)*vocab], delta)
	}
	return m, nil
}

// VocabSize returns the number of tokens, 0 for nil.
func (m *Markov) VocabSize() int {
	if m == nil {
		return 0
	}
	return m.vocab
}

// Order returns the number of previous tokens that the next one depends on.
func (m *Markov) Order() int {
	if m == nil {
		return 0
	}
	return m.order
}

// LogConditional implements [Model].
func (m *Markov) LogConditional(dst []float64, prefix []int) error {
	if err := checkQuery(dst, prefix, m.VocabSize()); err != nil {
		return err
	}
	context, err := m.context(prefix)
	if err != nil {
		return err
	}
	if m.deadEnd(context) {
		return fmt.Errorf("context never seen: %w", ErrImpossiblePrefix)
	}
	copy(dst, m.row(context))
	return nil
}

// deadEnd says that nothing follows the context.
func (m *Markov) deadEnd(context int) bool { return reference.CheckRow(m.row(context)) != nil }

// context is where a prefix of positive probability leads from begin.
func (m *Markov) context(prefix []int) (int, error) {
	if err := checkAlive(prefix, m.end); err != nil {
		return 0, err
	}
	context := m.start()
	for i, token := range prefix {
		if math.IsInf(m.row(context)[token], -1) {
			return 0, fmt.Errorf("position %d has probability 0: %w", i, ErrImpossiblePrefix)
		}
		context = m.shift(context, token)
	}
	return context, nil
}

// row holds log p(v | context) for every v.
func (m *Markov) row(context int) []float64 {
	return m.logp[context*m.vocab : (context+1)*m.vocab]
}

// start is the context of begin alone, the largest number of all.
func (m *Markov) start() int { return len(m.logp)/m.vocab - 1 }

// shift drops the oldest token of the context and appends one.
func (m *Markov) shift(context, token int) int {
	contexts := len(m.logp) / m.vocab
	return (context*(m.vocab+1) + token) % contexts
}

// normaliseCounts turns counts into log((n + δ) / Σ(n + δ)), all −Inf where
// nothing was counted.
func normaliseCounts(counts []float64, delta float64) {
	total := 0.0
	for _, n := range counts {
		total += n + delta
	}
	for i, n := range counts {
		if n+delta == 0 {
			counts[i] = math.Inf(-1)
		} else {
			counts[i] = math.Log((n + delta) / total)
		}
	}
}
