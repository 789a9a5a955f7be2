package sequence

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// Speculate returns a [Generator] that works like [Generate], but asks the draft model
// for up to count tokens at a time and lets the verifier accept them. Its completions have
// the distribution of Generate if the verifier's rule is exact, whatever the draft model.
// The temperature applies to both models. At T = 0 it uses no words of src.
//
// Each step drafts less than count tokens if the limit is near, after end, and where the
// draft model has no continuation of the text. Errors: those of Generate;
// [reference.ErrNil] for a nil draft model, and for a verifier without Draw;
// [reference.ErrShape] for different vocabularies, for a count that is negative or has
// more than 2^26 probabilities, and for a verifier that returns no token, or more than the
// drafted ones and one.
func Speculate(v Verifier, draft Model, count int) Generator {
	return func(m Model, prompt []int, end, limit int, temperature float64, src rand.Source) ([]int, error) {
		s, err := newSpeculation(v, m, draft, count, temperature)
		if err != nil {
			return nil, err
		}
		if err := CheckGeneration(m, prompt, end, limit, temperature); err != nil {
			return nil, err
		}
		if temperature == 0 {
			src = rand.NewPCG(0, 0) // every choice is certain, whatever the words
		}
		if err := reference.CheckSource(src); err != nil && limit > 0 && !hasEnded(prompt, end) {
			return nil, err
		}
		if end < 0 {
			if err := checkLength(limit); err != nil {
				return nil, err
			}
		}
		sequence := slices.Clone(prompt)
		for left := limit; left > 0 && !hasEnded(sequence, end); left = limit - (len(sequence) - len(prompt)) {
			if err := checkLength(limit - left + 1); err != nil {
				return sequence, err
			}
			more, err := s.step(sequence, end, left, src)
			if err != nil {
				return sequence, fmt.Errorf("after %d tokens: %w", len(sequence), err)
			}
			sequence = append(sequence, more...)
		}
		return sequence, nil
	}
}

// speculation is a target and a draft model at a temperature, with the verifier.
type speculation struct {
	verifier      Verifier
	target, draft Model
	count         int
	temperature   float64
}

func newSpeculation(v Verifier, target, draft Model, count int, temperature float64) (*speculation, error) {
	vocab, err := vocabOf(target)
	if err != nil {
		return nil, err
	}
	drafted, err := vocabOf(draft)
	switch {
	case err != nil:
		return nil, fmt.Errorf("draft: %w", err)
	case drafted != vocab:
		return nil, fmt.Errorf("a draft model of %d tokens for a target of %d: %w", drafted, vocab, reference.ErrShape)
	case count < 0 || count >= mostCells/vocab:
		return nil, fmt.Errorf("%d drafted tokens a step, not 0 to %d: %w", count, mostCells/vocab-1, reference.ErrShape)
	case v.Draw == nil:
		return nil, fmt.Errorf("Draw of verifier %q: %w", v.Name, reference.ErrNil)
	}
	return &speculation{v, target, draft, count, temperature}, nil
}

// step returns at least one and at most room tokens.
func (s *speculation) step(prefix []int, end, room int, src rand.Source) ([]int, error) {
	tokens, rows, err := s.propose(prefix, end, min(s.count, room-1), src)
	if err != nil {
		return nil, err
	}
	d := Draft{Tokens: tokens, Q: rows}
	if d.P, err = s.targetRows(prefix, tokens, end); err != nil {
		return nil, err
	}
	out := make([][]int, 1)
	if err := s.verifier.Draw(out, []Draft{d}, src); err != nil {
		return nil, err
	}
	more := out[0]
	if len(more) == 0 || len(more) > len(tokens)+1 {
		return nil, fmt.Errorf("%d tokens for a draft of %d: %w", len(more), len(tokens), reference.ErrShape)
	}
	if i := slices.Index(more, end); end >= 0 && i >= 0 {
		more = more[:i+1]
	}
	return more, nil
}

// propose draws up to count tokens from the draft model, and returns its rows.
func (s *speculation) propose(prefix []int, end, count int, src rand.Source) (tokens []int, rows [][]float64, err error) {
	rows = [][]float64{}
	for len(tokens) < count && !hasEnded(tokens, end) {
		row, err := s.row(s.draft, prefix, tokens)
		if errors.Is(err, ErrImpossiblePrefix) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("draft: %w", err)
		}
		token, err := reference.DrawLog(logs(row), src, 1)
		if err != nil {
			return nil, nil, fmt.Errorf("draft: %w", err)
		}
		tokens, rows = append(tokens, token), append(rows, row)
	}
	return tokens, rows, nil
}

// targetRows returns the target's row before every drafted token and after the last. Behind
// end and behind a token of probability 0 the last row is repeated: it is not used, or
// what comes of it is cut off.
func (s *speculation) targetRows(prefix, tokens []int, end int) ([][]float64, error) {
	var rows [][]float64
	alive := true
	for i := range len(tokens) + 1 {
		if i > 0 && (rows[i-1][tokens[i-1]] == 0 || tokens[i-1] == end) {
			alive = false
		}
		if !alive {
			rows = append(rows, rows[i-1])
			continue
		}
		row, err := s.row(s.target, prefix, tokens[:i])
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// row returns p_T(· | prefix tokens) of a model.
func (s *speculation) row(m Model, prefix, tokens []int) ([]float64, error) {
	row := make([]float64, m.VocabSize())
	if err := m.LogConditional(row, slices.Concat(prefix, tokens)); err != nil {
		return nil, err
	}
	return softmax(row, s.temperature)
}

// Completed enumerates what speculative decoding with this rule puts after a prompt: count
// tokens are drafted, what the rule leaves of them and the last token are completed with
// draws from the target to count + 1 tokens. For an exact rule this is the distribution of
// the target, [PerStep]. accepted[i] is P(N ≥ i), N the number of drafted tokens accepted;
// for [RejectionRule] Σ Π_j min(p(x_j), q(x_j)) over all x_1 … x_i.
//
// Completions are not conditioned on N, which depends on the tokens. Errors: those of
// PerStep for both models, and of [Rule.Outcomes].
func (r Rule) Completed(target, draft Model, prompt []int, count int, temperature float64) (completed Distribution, accepted []float64, err error) {
	s, err := newSpeculation(r.Verifier(), target, draft, count, temperature)
	if err != nil {
		return nil, nil, err
	}
	drafts, err := PerStep(draft, prompt, -1, count, temperature)
	if err != nil {
		return nil, nil, fmt.Errorf("draft: %w", err)
	}
	law := newTally()
	accepted = make([]float64, count+1)
	for _, drafted := range drafts {
		d := Draft{Tokens: drafted.Tokens, Q: [][]float64{}}
		for i := range drafted.Tokens {
			row, err := s.row(draft, prompt, drafted.Tokens[:i])
			if err != nil {
				return nil, nil, fmt.Errorf("draft: %w", err)
			}
			d.Q = append(d.Q, row)
		}
		if d.P, err = s.targetRows(prompt, drafted.Tokens, -1); err != nil {
			return nil, nil, err
		}
		outcomes, err := r.Outcomes(d)
		if err != nil {
			return nil, nil, err
		}
		for _, outcome := range outcomes {
			p := math.Exp(drafted.LogProb + outcome.LogProb)
			for i := range outcome.Tokens {
				accepted[i] += p
			}
			rest, err := PerStep(target, slices.Concat(prompt, outcome.Tokens), -1, count+1-len(outcome.Tokens), temperature)
			if err != nil {
				return nil, nil, err
			}
			for _, c := range rest {
				law.add(slices.Concat(outcome.Tokens, c.Tokens), p*math.Exp(c.LogProb))
			}
		}
	}
	return law.distribution(), accepted, nil
}
