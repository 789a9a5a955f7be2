package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// Unlimited is the limit or length that means: no limit, sequences stop only at end.
const Unlimited = -1

// AnnealedMarkov is the annealed sequence distribution π(x) = p(x)^(1/T) / Z of a
// Markov model, exact even when there are too many sequences to enumerate. It is based
// on the future partition of a prefix x,
//
//	Z(x) = Σ_v p(v | x)^(1/T) · Z(xv),   Z = 1 for a complete sequence.
//
// Z(x) depends only on the context of x and on the number of tokens left. So a table
// of contexts × lengths is enough, filled from the last token backwards. π is then a
// [Model] with π(v | x) = p(v | x)^(1/T) · Z(xv) / Z(x). All sums are sums of
// logarithms, so that nothing underflows.
//
// At T = 0 a maximum and a count take the place of the sum, and π is uniform on the
// most probable completions. Two count as equally probable if their log-probabilities
// agree within 1e-12 (relative, if they are above 1).
//
// Source: the transfer matrices of statistical physics; backward filtering,
// forward sampling (Frühwirth-Schnatter, 1994).
type AnnealedMarkov struct {
	markov      *Markov
	end, length int
	temperature float64
	local       []float64   // log z of every context, the local partition
	future      [][]float64 // [tokens left][context]: log Z; at T = 0 the largest log p
	ways        [][]float64 // at T = 0: the logarithm of how many completions have it
}

// NewAnnealedMarkov returns π for the sequences of the model that have this length if
// end < 0, and otherwise for those that end within it. If there is an end, the length
// may be [Unlimited]. Then Z can be infinite at T > 1: [InfinitePartitionError].
//
// Errors: [reference.ErrTemperature], also when log p / T is beyond the range of
// float64; [reference.ErrShape] for a negative length other than Unlimited, a table of
// more than 2^26 cells, or an unlimited length with more than 1024 contexts;
// [reference.ErrToken] if end is not a token, or not the end of the model.
func NewAnnealedMarkov(m *Markov, end, length int, temperature float64) (*AnnealedMarkov, error) {
	a := &AnnealedMarkov{markov: m, end: end, length: length, temperature: temperature}
	if err := a.check(); err != nil {
		return nil, err
	}
	a.local = make([]float64, len(m.logp)/m.vocab)
	if temperature == 0 {
		a.maximise()
		return a, nil
	}
	for c := range a.local {
		a.local[c] = logSumExp(m.row(c), temperature)
	}
	future, err := a.sum(0, nil, 0)
	if errors.Is(err, ErrInfinitePartition) {
		return nil, a.infinite()
	}
	if err != nil {
		return nil, err
	}
	a.future = future
	return a, nil
}

func (a *AnnealedMarkov) check() error {
	m := a.markov
	if err := checkVocab(m.VocabSize()); err != nil {
		return err
	}
	if err := reference.CheckTemperature(a.temperature); err != nil {
		return err
	}
	if a.end >= m.vocab || m.end >= 0 && a.end != m.end {
		return fmt.Errorf("end is token %d, the model's is %d of %d: %w", a.end, m.end, m.vocab, reference.ErrToken)
	}
	contexts := len(m.logp) / m.vocab
	if lowest := m.lowest(); a.temperature > 0 && math.IsInf(lowest/a.temperature*float64(max(a.length, contexts)), -1) {
		return fmt.Errorf("temperature %v, at which %v/T leaves float64: %w", a.temperature, lowest, reference.ErrTemperature)
	}
	switch {
	case a.length == Unlimited && a.end < 0:
		return fmt.Errorf("unlimited length without an end: %w", reference.ErrShape)
	case a.length < Unlimited:
		return fmt.Errorf("length %d: %w", a.length, reference.ErrShape)
	case a.length >= mostCells/contexts:
		return fmt.Errorf("%d tokens from %d contexts, more than %d cells: %w", a.length, contexts, mostCells, reference.ErrShape)
	}
	return nil
}

// lowest returns the smallest finite log-probability of the model.
func (m *Markov) lowest() float64 {
	lowest := 0.0
	for _, logp := range m.logp {
		if logp < lowest && !math.IsInf(logp, -1) {
			lowest = logp
		}
	}
	return lowest
}

// sum returns, for every number of tokens left and every context c,
//
//	x(c) = source(c) + Σ_v p(v | c)^(1/T) · z(c)^g · x(cv)
//
// in logarithms, where x is ended after end. Partitions (g = 0), distributions of
// per-step annealing (g = −1) and moments of W are this recursion with different g.
// source receives the number of tokens left, or Unlimited; a nil source is 0. If the
// length is unlimited, the result has a single row.
func (a *AnnealedMarkov) sum(g float64, source func(left, context int) float64, ended float64) ([][]float64, error) {
	if source == nil {
		source = func(int, int) float64 { return math.Inf(-1) }
	}
	if a.length == Unlimited {
		x, err := a.closure(g, source, ended)
		return [][]float64{x}, err
	}
	rows := make([][]float64, a.length+1)
	terms := make([]float64, a.markov.vocab+1)
	for left := range rows {
		rows[left] = make([]float64, len(a.local))
		for c := range rows[left] {
			if left == 0 {
				rows[0][c] = a.cutOff(ended)
				continue
			}
			a.weights(terms[1:], c, g, ended, rows[left-1])
			terms[0] = source(left, c)
			rows[left][c] = logSumExp(terms, 1)
		}
	}
	return rows, nil
}

// cutOff returns x for a sequence without end when no token is left: complete if the
// model has no end, and otherwise −Inf.
func (a *AnnealedMarkov) cutOff(complete float64) float64 {
	if a.end < 0 {
		return complete
	}
	return math.Inf(-1)
}

// weights fills dst with log p(v | c)/T + g·log z(c) + x(cv), x = ended after end.
func (a *AnnealedMarkov) weights(dst []float64, c int, g, ended float64, x []float64) {
	for v, logp := range a.markov.row(c) {
		switch {
		case math.IsInf(logp, -1):
			dst[v] = logp
		case v == a.end:
			dst[v] = logp/a.temperature + scale(g, a.local[c]) + ended
		default:
			dst[v] = logp/a.temperature + scale(g, a.local[c]) + x[a.markov.shift(c, v)]
		}
	}
}

// scale returns g·x, with 0·∞ = 0.
func scale(g, x float64) float64 {
	if g == 0 {
		return 0
	}
	return g * x
}

// VocabSize returns the number of tokens, 0 for nil.
func (a *AnnealedMarkov) VocabSize() int {
	if a == nil {
		return 0
	}
	return a.markov.VocabSize()
}

// LogConditional implements [Model]: log π(v | prefix) = log p(v | prefix)/T +
// log Z(prefix v) − log Z(prefix). The prefix may be a prompt, because annealing p
// and then conditioning on the prompt is the same as annealing p(· | prompt). Errors
// are those of Model, and [ErrImpossiblePrefix] for a prefix that is complete or
// cannot be completed.
func (a *AnnealedMarkov) LogConditional(dst []float64, prefix []int) error {
	if err := checkQuery(dst, prefix, a.VocabSize()); err != nil {
		return err
	}
	context, left, err := a.locate(prefix)
	if err != nil {
		return err
	}
	if left == 0 {
		return fmt.Errorf("%d tokens are a complete sequence: %w", len(prefix), ErrImpossiblePrefix)
	}
	a.next(dst, context, left)
	return reference.AnnealLog(dst, dst, 1)
}

// LogPartition returns log Z(prefix) = log Σ_y p(y | prefix)^(1/T) in nats, where the
// sum is over the completions y of the prefix. It is log Z for an empty prefix, and 0
// for a complete one. At T = 0 it has no value: [reference.ErrTemperature]. The other
// errors are those of LogConditional.
func (a *AnnealedMarkov) LogPartition(prefix []int) (float64, error) {
	if err := checkPrefix(prefix, a.VocabSize()); err != nil {
		return 0, err
	}
	if a.temperature == 0 {
		return 0, fmt.Errorf("partition at temperature 0: %w", reference.ErrTemperature)
	}
	if hasEnded(prefix, a.end) {
		return 0, nil
	}
	context, left, err := a.locate(prefix)
	if err != nil {
		return 0, err
	}
	return a.at(a.future, left)[context], nil
}

// Draw returns a completion y ~ π(· | prompt), and uses one word of src for each token.
// At T = 0 all most probable completions are equally likely. Errors are those of
// LogConditional, and [reference.ErrNil] for a nil source.
func (a *AnnealedMarkov) Draw(prompt []int, src rand.Source) ([]int, error) {
	if err := checkPrefix(prompt, a.VocabSize()); err != nil {
		return nil, err
	}
	completion := []int{}
	if hasEnded(prompt, a.end) {
		return completion, nil
	}
	context, left, err := a.locate(prompt)
	if err != nil {
		return nil, err
	}
	if left != 0 {
		if err := reference.CheckSource(src); err != nil {
			return nil, err
		}
	}
	weights := make([]float64, a.markov.vocab)
	for left != 0 && !hasEnded(completion, a.end) {
		a.next(weights, context, left)
		token, err := reference.DrawLog(weights, src, 1)
		if err != nil {
			return nil, err
		}
		completion = append(completion, token)
		context = a.markov.shift(context, token)
		left = a.fewer(left)
	}
	return completion, nil
}

// locate returns the context of a prefix and the number of tokens left after it.
func (a *AnnealedMarkov) locate(prefix []int) (context, left int, err error) {
	if err := checkAlive(prefix, a.end); err != nil {
		return 0, 0, err
	}
	context, err = a.markov.context(prefix)
	if err != nil {
		return 0, 0, err
	}
	left = Unlimited
	if a.length != Unlimited {
		if left = a.length - len(prefix); left < 0 {
			return 0, 0, fmt.Errorf("%d tokens of sequences of length %d: %w", len(prefix), a.length, ErrImpossiblePrefix)
		}
	}
	if math.IsInf(a.at(a.future, left)[context], -1) {
		return 0, 0, fmt.Errorf("%d tokens, %d left: %w: %w", len(prefix), left, ErrImpossiblePrefix, reference.ErrNoSupport)
	}
	return context, left, nil
}

// next fills dst with the unnormalised log π(v | context).
func (a *AnnealedMarkov) next(dst []float64, context, left int) {
	fewer := a.fewer(left)
	if a.temperature == 0 {
		a.mostProbable(dst, context, a.at(a.future, fewer), a.at(a.ways, fewer))
		return
	}
	a.weights(dst, context, 0, 0, a.at(a.future, fewer))
}

// fewer returns left − 1, or Unlimited if there is no limit.
func (a *AnnealedMarkov) fewer(left int) int {
	if left == Unlimited {
		return Unlimited
	}
	return left - 1
}

// at returns the row for this number of tokens left, the only row if there is no limit.
func (a *AnnealedMarkov) at(rows [][]float64, left int) []float64 {
	if left == Unlimited {
		return rows[len(rows)-1]
	}
	return rows[left]
}
