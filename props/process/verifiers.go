package process

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"temper/reference"
	"temper/reference/sequence"
)

// The operations of [sequence.Verifier] by their names in messages.
const (
	verifierVerify = "Verifier.Verify"
	verifierDraw   = "Verifier.Draw"
)

func verifierOperations() []string { return []string{verifierVerify, verifierDraw} }

// drafts are those of a question, one behind the other in every array.
type drafts struct {
	Vocab   int    `json:"vocab"`
	Counts  []byte `json:"counts"`  // int64, one a draft: its drafted tokens
	Tokens  []byte `json:"tokens"`  // int64
	Parents []byte `json:"parents"` // int64, one a token
	Random  []byte `json:"random"`  // one byte a draft: whether q has its rows
	P       []byte `json:"p"`       // float64, a row more than tokens for each draft
	Q       []byte `json:"q"`       // float64, a row for each token of a draft with random
}

// Verifier asks the program; what it doesn't provide is nil. Drafts whose rows do not fit
// their tokens are refused here, because a question has no such ones. A program that
// fails makes the operation panic.
func (p *Process) Verifier() sequence.Verifier {
	v := sequence.Verifier{Name: p.hello.Name, Available: true, Rule: p.hello.rule}
	for _, name := range p.hello.Operations {
		switch name {
		case verifierVerify:
			v.Verify = p.verify
		case verifierDraw:
			v.Draw = p.drawVerified
		}
	}
	return v
}

func (p *Process) verify(dst [][]int, all []sequence.Draft, u [][]float64) error {
	if len(dst) != len(all) || len(u) != len(all) {
		return fmt.Errorf("%d places and %d rows of u for %d drafts: %w", len(dst), len(u), len(all), reference.ErrShape)
	}
	return p.verified(dst, all, func(s int) error {
		if len(u[s]) != len(all[s].Tokens)+1 {
			return fmt.Errorf("%d numbers u for %d drafted tokens: %w", len(u[s]), len(all[s].Tokens), reference.ErrShape)
		}
		return nil
	}, func(asked []int) question {
		q := question{Operation: verifierVerify}
		for _, s := range asked {
			q.U = append(q.U, pack(u[s])...)
		}
		return q
	})
}

func (p *Process) drawVerified(dst [][]int, all []sequence.Draft, src rand.Source) error {
	if len(dst) != len(all) {
		return fmt.Errorf("%d places for %d drafts: %w", len(dst), len(all), reference.ErrShape)
	}
	if err := reference.CheckSource(src); err != nil {
		return err
	}
	return p.verified(dst, all, func(int) error { return nil }, func([]int) question {
		return question{Operation: verifierDraw, Seed: seedFrom(src)}
	})
}

// verified asks one question about all drafts that fit together, and writes what comes of
// them.
func (p *Process) verified(dst [][]int, all []sequence.Draft, fits func(s int) error, ask func(asked []int) question) error {
	vocab := vocabOf(all)
	var asked []int
	var bad reference.RowErrors
	for s, d := range all {
		err := checkRows(d, vocab)
		if err == nil {
			err = fits(s)
		}
		if err != nil {
			bad = append(bad, reference.RowError{Row: s, Err: err})
			continue
		}
		asked = append(asked, s)
	}
	if len(asked) == 0 {
		return bad.Err()
	}
	q := ask(asked)
	q.Rows, q.Drafts = len(asked), packDrafts(all, asked, vocab)
	outputs, refused, refusal := p.outputs(q)
	if refusal != nil {
		return refusal
	}
	without := map[int]bool{}
	for _, row := range refused {
		without[row.Row] = true
		bad = append(bad, reference.RowError{Row: asked[row.Row], Err: row.Err})
	}
	for i, s := range asked {
		if !without[i] {
			dst[s] = outputs[i]
		}
	}
	slices.SortStableFunc(bad, func(a, b reference.RowError) int { return a.Row - b.Row })
	return bad.Err()
}

// vocabOf is the length of the first row of all drafts.
func vocabOf(all []sequence.Draft) int {
	for _, d := range all {
		if len(d.P) > 0 {
			return len(d.P[0])
		}
	}
	return 0
}

// checkRows refuses a draft that the arrays of a question cannot hold: a number of rows
// or parents that does not fit its tokens, or rows of another length.
func checkRows(d sequence.Draft, vocab int) error {
	n := len(d.Tokens)
	if vocab == 0 || len(d.P) != n+1 || d.Q != nil && len(d.Q) != n || d.Parents != nil && len(d.Parents) != n {
		return fmt.Errorf("%d rows of p, %d of q and %d parents for %d drafted tokens, %d tokens in the vocabulary: %w",
			len(d.P), len(d.Q), len(d.Parents), n, vocab, reference.ErrShape)
	}
	for _, row := range slices.Concat(d.P, d.Q) {
		if len(row) != vocab {
			return fmt.Errorf("a row of %d probabilities, not %d: %w", len(row), vocab, reference.ErrShape)
		}
	}
	return nil
}

func packDrafts(all []sequence.Draft, asked []int, vocab int) *drafts {
	var counts, tokens, parents []int
	var random []byte
	var p, q []float64
	for _, s := range asked {
		d := all[s]
		counts, tokens = append(counts, len(d.Tokens)), append(tokens, d.Tokens...)
		for i := range d.Tokens {
			parent := i - 1
			if d.Parents != nil {
				parent = d.Parents[i]
			}
			parents = append(parents, parent)
		}
		drawn := byte(0)
		if d.Q != nil {
			drawn = 1
		}
		random = append(random, drawn)
		p, q = append(p, slices.Concat(d.P...)...), append(q, slices.Concat(d.Q...)...)
	}
	return &drafts{vocab, pack(wide(counts)), pack(wide(tokens)), pack(wide(parents)), random, pack(p), pack(q)}
}

// outputs asks a question about drafts. Behind each draft's number of tokens the answer
// has the tokens.
func (p *Process) outputs(q question) (outputs [][]int, bad reference.RowErrors, refusal error) {
	most := 16*q.Rows + 2*len(q.Drafts.Tokens) // bytes: a token too many for each is for the laws to find
	bad, refusal = p.put(q, base64.StdEncoding.EncodedLen(most), func(packed []byte) (err error) {
		outputs, err = unpackOutputs(packed, q.Rows)
		return err
	})
	return outputs, bad, refusal
}

// unpackOutputs reads the tokens that come of so many drafts.
func unpackOutputs(packed []byte, count int) ([][]int, error) {
	numbers := make([]int64, len(packed)/8)
	if len(packed)%8 != 0 {
		return nil, fmt.Errorf("the answer has %d bytes, which are no numbers of type int64", len(packed))
	}
	if _, err := binary.Decode(packed, binary.LittleEndian, numbers); err != nil {
		return nil, err
	}
	outputs := make([][]int, count)
	for s := range outputs {
		if len(numbers) == 0 {
			return nil, fmt.Errorf("the answer ends before draft %d of %d", s, count)
		}
		length := numbers[0]
		if numbers = numbers[1:]; length < 0 || length > int64(len(numbers)) {
			return nil, fmt.Errorf("the answer has %d tokens for draft %d, with %d numbers left", length, s, len(numbers))
		}
		outputs[s] = make([]int, length)
		narrow(outputs[s], numbers)
		numbers = numbers[length:]
	}
	if len(numbers) > 0 {
		return nil, fmt.Errorf("the answer has %d numbers behind those of %d drafts", len(numbers), count)
	}
	return outputs, nil
}
