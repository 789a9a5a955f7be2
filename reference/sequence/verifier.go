package sequence

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// Verifier is one implementation of an accept rule of speculative decoding, for a batch
// of drafts over one vocabulary. For each draft it returns the accepted tokens, which are
// the first drafted ones, and behind them one token more: the correction of the first
// token that it rejects, or the continuation if it accepts all. A nil field is not
// provided.
//
// # Errors
//
// Bad drafts are those that [Draft.Check] refuses, or the rule: trees where it takes
// chains. Every good draft is answered, the elements of bad ones stay untouched, and the
// error, a [reference.RowErrors], names them. Different lengths of the arguments
// ([reference.ErrShape]) are found before anything is written. Drafts are not changed.
type Verifier struct {
	Name      string
	Requires  string // CPU features, "" for none
	Available bool   // this machine can run it

	// Rule is what the verifier promises. The zero value promises that completed tokens
	// have the distribution of the target, and nothing about how many are accepted.
	Rule Rule

	// Verify: dst[s] are the tokens that come of drafts[s] with the numbers u[s] in [0, 1),
	// len(u[s]) = n + 1. A number decides by comparisons with thresholds. Which number
	// decides what is up to the implementation.
	Verify func(dst [][]int, drafts []Draft, u [][]float64) error

	// Draw: dst[s] are tokens that come of drafts[s]. How many words of src it takes, and
	// in which order, is up to the implementation. A nil src is [reference.ErrNil].
	Draw func(dst [][]int, drafts []Draft, src rand.Source) error
}

// Rule is an accept rule: which drafted tokens it accepts, and what it draws the last
// token from. The rules of this package know their exact distributions. A rule of which
// only the fields are set has no known distribution.
type Rule struct {
	Name string

	// Lossy rules do not keep the distribution of the target. They promise only that the
	// accepted tokens are drafted ones, that every token has a positive probability under
	// the target, and, if it is known, the distribution of what comes of a draft.
	Lossy bool

	branches bool  // takes trees
	refused  error // what is wrong with its settings
	accept   func(d Draft, choose chooser) (accepted []int, last []float64)
}

// Known reports whether the rule knows its exact distribution.
func (r Rule) Known() bool { return r.accept != nil }

// Branches reports whether the rule takes drafts that are trees.
func (r Rule) Branches() bool { return r.branches }

// Verifier returns the reference of a rule. Its Verify takes the numbers u in the order
// of the choices: one for every drafted token that it decides about, or for every level
// of a tree, and the next one for the last token, by inversion in vocabulary order. Its
// Draw takes one word of src for each choice.
func (r Rule) Verifier() Verifier {
	return Verifier{Name: r.Name, Available: true, Rule: r, Verify: r.verifyAll, Draw: r.drawAll}
}

func (r Rule) verifyAll(dst [][]int, drafts []Draft, u [][]float64) error {
	if len(dst) != len(drafts) || len(u) != len(drafts) {
		return fmt.Errorf("%d places and %d rows of u for %d drafts: %w", len(dst), len(u), len(drafts), reference.ErrShape)
	}
	return eachDraft(drafts, func(s int, d Draft) error {
		if err := r.check(d); err != nil {
			return err
		}
		if len(u[s]) != len(d.Tokens)+1 {
			return fmt.Errorf("%d numbers u for %d drafted tokens, not %d: %w", len(u[s]), len(d.Tokens), len(d.Tokens)+1, reference.ErrShape)
		}
		for i, x := range u[s] {
			if err := reference.CheckUniform(x); err != nil {
				return fmt.Errorf("number %d: %w", i, err)
			}
		}
		numbers := given(u[s])
		dst[s] = r.apply(d, chooseFrom(&numbers))
		return nil
	})
}

func (r Rule) drawAll(dst [][]int, drafts []Draft, src rand.Source) error {
	if len(dst) != len(drafts) {
		return fmt.Errorf("%d places for %d drafts: %w", len(dst), len(drafts), reference.ErrShape)
	}
	if err := reference.CheckSource(src); err != nil {
		return err
	}
	return eachDraft(drafts, func(s int, d Draft) error {
		if err := r.check(d); err != nil {
			return err
		}
		dst[s] = r.apply(d, chooseFrom(src))
		return nil
	})
}

// eachDraft answers every draft and returns what is wrong with the bad ones.
func eachDraft(drafts []Draft, answer func(s int, d Draft) error) error {
	var bad reference.RowErrors
	for s, d := range drafts {
		if err := answer(s, d); err != nil {
			bad = append(bad, reference.RowError{Row: s, Err: err})
		}
	}
	return bad.Err()
}

// given is a source whose words are these numbers, to 53 bits.
type given []float64

func (g *given) Uint64() uint64 {
	u := (*g)[0]
	*g = (*g)[1:]
	return uint64(u*0x1p53) << 11
}

// check returns nil for a draft that the rule can decide about.
func (r Rule) check(d Draft) error {
	if r.accept == nil {
		return fmt.Errorf("rule %q: %w", r.Name, reference.ErrNil)
	}
	if r.refused != nil {
		return r.refused
	}
	if err := d.Check(); err != nil {
		return err
	}
	if !r.branches {
		return d.checkChain()
	}
	return nil
}

// apply returns the accepted tokens and the last one, which it draws.
func (r Rule) apply(d Draft, choose chooser) []int {
	accepted, last := r.accept(d, choose)
	return append(slices.Clone(accepted), choose(logs(last)))
}

// logs returns the logarithms of weights.
func logs(weights []float64) []float64 {
	logp := make([]float64, len(weights))
	for i, w := range weights {
		logp[i] = math.Log(w)
	}
	return logp
}

// Outcomes returns the exact distribution of what comes of a draft: the accepted tokens
// and the last one. Errors are those of [Draft.Check], [reference.ErrShape] for a tree
// where the rule takes chains, and [reference.ErrNil] for a rule without a known
// distribution.
func (r Rule) Outcomes(d Draft) (Distribution, error) {
	if err := r.check(d); err != nil {
		return nil, err
	}
	law := newTally()
	everyRun(func(choose chooser) func(float64) {
		accepted, last := r.accept(d, choose)
		var total reference.Sum
		for _, w := range last {
			total.Add(w)
		}
		return func(p float64) {
			for v, w := range last {
				if w > 0 {
					law.add(append(slices.Clone(accepted), v), p*w/total.Value())
				}
			}
		}
	})
	return law.distribution(), nil
}

// Choices returns the probabilities of every choice that the rule can face with a draft.
// A number u decides a choice by comparisons with their sums. Errors are those of
// [Rule.Outcomes].
func (r Rule) Choices(d Draft) ([][]float64, error) {
	if err := r.check(d); err != nil {
		return nil, err
	}
	var choices [][]float64
	everyRun(func(choose chooser) func(float64) {
		r.apply(d, func(logWeights []float64) int {
			p, err := softmax(logWeights, 1)
			if err != nil {
				panic(err) // one of the weights is above 0
			}
			choices = append(choices, p)
			return choose(logWeights)
		})
		return func(float64) {}
	})
	return choices, nil
}

// Accepted returns P(N ≥ i) for i = 0, …, n, where N is how many of the n drafted tokens
// the rule accepts. Errors are those of [Rule.Outcomes].
func (r Rule) Accepted(d Draft) ([]float64, error) {
	if err := r.check(d); err != nil {
		return nil, err
	}
	atLeast := make([]float64, len(d.Tokens)+1)
	everyRun(func(choose chooser) func(float64) {
		accepted, _ := r.accept(d, choose)
		return func(p float64) {
			for i := range len(accepted) + 1 {
				atLeast[i] += p
			}
		}
	})
	return atLeast, nil
}

// tally adds up probabilities of token sequences.
type tally map[string]*talliedSequence

type talliedSequence struct {
	tokens []int
	p      reference.Sum
}

func newTally() tally { return tally{} }

// add adds p to the probability of a sequence, which it keeps.
func (t tally) add(tokens []int, p float64) {
	key := fmt.Sprint(tokens)
	if t[key] == nil {
		t[key] = &talliedSequence{tokens: tokens}
	}
	t[key].p.Add(p)
}

// distribution lists the sequences in lexicographic order.
func (t tally) distribution() Distribution {
	all := Distribution{}
	for s := range maps.Values(t) {
		all = append(all, Completion{Tokens: s.tokens, LogProb: math.Log(s.p.Value())})
	}
	slices.SortFunc(all, func(a, b Completion) int { return slices.Compare(a.Tokens, b.Tokens) })
	return all
}
