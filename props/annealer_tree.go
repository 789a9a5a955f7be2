package props

import (
	"fmt"
	"math"

	"temper/reference"
	"temper/reference/sequence"
)

// A branch is a completion under way, with the tokens that can follow it and lead to a
// complete one, and the annealed sequence distribution at several temperatures T_k:
//
//	π_k(v | c) = p(v | c)^(1/T_k) · Z_k(cv) / Z_k(c),  Z = 1 for a complete one
type branch struct {
	tokens []int
	logp   []float64
	next   []*branch // nil: complete
	logZ   []float64 // of each temperature
}

// newTree is the branch of the empty completion of a problem.
func newTree(m sequence.Model, prompt []int, end, limit int, temperatures []float64) (*branch, error) {
	b := &branch{}
	row := make([]float64, m.VocabSize())
	if err := m.LogConditional(row, prompt); err != nil {
		return nil, err
	}
	for v, logp := range row {
		if math.IsInf(logp, -1) || end >= 0 && v != end && limit == 1 {
			continue
		}
		var next *branch
		if v != end && limit > 1 {
			var err error
			if next, err = newTree(m, append(prompt[:len(prompt):len(prompt)], v), end, limit-1, temperatures); err != nil {
				return nil, err
			}
			if next.tokens == nil { // it cannot end within the limit
				continue
			}
		}
		b.tokens, b.logp, b.next = append(b.tokens, v), append(b.logp, logp), append(b.next, next)
	}
	b.logZ = make([]float64, len(temperatures))
	for k, t := range temperatures {
		weights := make([]float64, len(b.tokens))
		for i := range weights {
			weights[i] = b.weight(i, k, t)
		}
		var err error
		if b.logZ[k], err = reference.LogPartition(weights, 1); len(weights) > 0 && err != nil {
			return nil, err
		}
	}
	return b, nil
}

// weight is log p(v | c)/T + log Z(cv) of the token of this index.
func (b *branch) weight(i, k int, t float64) float64 {
	w := b.logp[i] / t
	if b.next[i] != nil {
		w += b.next[i].logZ[k]
	}
	return w
}

// path finds where a completion leads: the branches met and the index of the token taken
// in each.
func (b *branch) path(completion []int) (branches []*branch, taken []int, err error) {
	at := b
	for i, token := range completion {
		if at == nil {
			return nil, nil, fmt.Errorf("drew %v, which goes on after %d tokens, where it is complete", completion, i)
		}
		index := -1
		for j, v := range at.tokens {
			if v == token {
				index = j
			}
		}
		if index < 0 {
			return nil, nil, fmt.Errorf("drew %v, which has probability 0: token %d", completion, i)
		}
		branches, taken = append(branches, at), append(taken, index)
		at = at.next[index]
	}
	if at != nil {
		return nil, nil, fmt.Errorf("drew %v, which is not complete", completion)
	}
	return branches, taken, nil
}
