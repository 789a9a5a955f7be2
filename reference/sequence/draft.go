package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// Draft is what a draft model proposed, with what both models say of it. It has n
// drafted tokens. The target, p, has a row for the first position and one after every
// drafted token; the draft model, q, has the rows that the tokens were drawn from. All
// rows are probabilities over the same vocabulary, after temperature and cuts.
//
// As an example, drafted tokens x_0 and x_1 that follow one another have P = p(· | c),
// p(· | c x_0), p(· | c x_0 x_1) and Q = q(· | c), q(· | c x_0), where c is the text so
// far.
type Draft struct {
	Tokens []int       // n drafted tokens
	P      [][]float64 // n + 1 rows of the target: P[0], and P[i+1] after Tokens[i]
	Q      [][]float64 // n rows of the draft model: Tokens[i] ~ Q[i]; nil if the draft is made without randomness

	// Parents says which tokens follow which, if the draft is a tree: Tokens[i] follows
	// Tokens[Parents[i]], or stands at the first position if Parents[i] is −1. Parents
	// come before their children. nil is a chain, in which Tokens[i] follows
	// Tokens[i−1].
	Parents []int
}

// parent returns the index of the token that token i follows, or −1.
func (d Draft) parent(i int) int {
	if d.Parents == nil {
		return i - 1
	}
	return d.Parents[i]
}

// Children returns the indices of the tokens that follow token i; i = −1 stands for the
// text before the first position.
func (d Draft) Children(i int) []int {
	var children []int
	for child := range d.Tokens {
		if d.parent(child) == i {
			children = append(children, child)
		}
	}
	return children
}

// q returns the row that token i was drawn from: Q[i], and the one-hot row of the token
// if the draft is made without randomness.
func (d Draft) q(i int) []float64 {
	if d.Q == nil {
		return oneHotRow(d.Tokens[i], len(d.P[i]))
	}
	return d.Q[i]
}

func oneHotRow(token, vocab int) []float64 {
	row := make([]float64, vocab)
	row[token] = 1
	return row
}

// Check returns nil if the draft fits together. Errors name the position:
// [reference.ErrShape] for a number of rows or parents that does not fit the number of
// tokens, for rows of different lengths, and for a parent that does not come before its
// child or has the same token twice; [reference.ErrDistribution] for a row with a
// probability that is negative or not finite, and for a sum that differs from 1 by more
// than 1e-3, which leaves room for long rows in float32; [reference.ErrToken] for a
// drafted token outside the vocabulary; and [ErrImpossibleDraft] for one that its row of
// Q gives probability 0.
func (d Draft) Check() error {
	n := len(d.Tokens)
	switch {
	case len(d.P) != n+1:
		return fmt.Errorf("%d rows of p for %d drafted tokens, not %d: %w", len(d.P), n, n+1, reference.ErrShape)
	case d.Q != nil && len(d.Q) != n:
		return fmt.Errorf("%d rows of q for %d drafted tokens: %w", len(d.Q), n, reference.ErrShape)
	case d.Parents != nil && len(d.Parents) != n:
		return fmt.Errorf("%d parents for %d drafted tokens: %w", len(d.Parents), n, reference.ErrShape)
	}
	for i, row := range d.P {
		if err := checkProbabilities(row, len(d.P[0])); err != nil {
			return fmt.Errorf("row %d of p: %w", i, err)
		}
	}
	for i, row := range d.Q {
		if err := checkProbabilities(row, len(d.P[0])); err != nil {
			return fmt.Errorf("row %d of q: %w", i, err)
		}
	}
	if err := checkTokens(d.Tokens, len(d.P[0])); err != nil {
		return err
	}
	for i, token := range d.Tokens {
		if parent := d.parent(i); parent < -1 || parent >= i {
			return fmt.Errorf("position %d follows position %d: %w", i, parent, reference.ErrShape)
		}
		if d.Q != nil && d.Q[i][token] == 0 {
			return fmt.Errorf("position %d, token %d: %w", i, token, ErrImpossibleDraft)
		}
	}
	return d.checkSiblings()
}

// checkSiblings returns an error if the same token follows a token twice.
func (d Draft) checkSiblings() error {
	type place struct{ parent, token int }
	first := map[place]int{}
	for i, token := range d.Tokens {
		at := place{d.parent(i), token}
		if before, twice := first[at]; twice {
			return fmt.Errorf("positions %d and %d are the same token after the same one: %w", before, i, reference.ErrShape)
		}
		first[at] = i
	}
	return nil
}

// checkChain returns an error if two drafted tokens follow the same one.
func (d Draft) checkChain() error {
	for i := range d.Tokens {
		if d.parent(i) != i-1 {
			return fmt.Errorf("position %d does not follow position %d, and the rule takes no trees: %w", i, i-1, reference.ErrShape)
		}
	}
	return nil
}

// checkProbabilities returns nil for a row of so many probabilities that sum to 1.
func checkProbabilities(row []float64, vocab int) error {
	if len(row) == 0 || len(row) != vocab {
		return fmt.Errorf("%d probabilities, not %d: %w", len(row), vocab, reference.ErrShape)
	}
	var total reference.Sum
	for v, p := range row {
		if !(p >= 0) || math.IsInf(p, 1) {
			return fmt.Errorf("probability of token %d is %v: %w", v, p, reference.ErrDistribution)
		}
		total.Add(p)
	}
	if math.Abs(total.Value()-1) > 1e-3 {
		return fmt.Errorf("probabilities sum to %v: %w", total.Value(), reference.ErrDistribution)
	}
	return nil
}
