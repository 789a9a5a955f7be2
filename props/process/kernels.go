package process

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// known says whether Kernels has an operation of this name.
func known(operation string) bool {
	return slices.Contains([]string{"LogSumExp", "LogProbs", "Anneal", "Sample", "Draw"}, operation)
}

// Kernels asks the program; what it doesn't provide is nil. Shapes are checked
// here, because a question has no wrong ones. A program that fails makes the
// operation panic.
func (p *Process) Kernels() reference.Kernels {
	k := reference.Kernels{Name: p.hello.Name, Available: true}
	for _, operation := range p.hello.Operations {
		switch operation {
		case "LogSumExp":
			k.LogSumExp = p.logSumExp
		case "LogProbs":
			k.LogProbs = p.logProbs
		case "Anneal":
			k.Anneal = p.anneal
		case "Sample":
			k.Sample = p.sample
		case "Draw":
			k.Draw = p.draw
		}
	}
	return k
}

func (p *Process) logSumExp(dst []float64, logits []float32, temperature float64) error {
	return fill(p, dst, 1, question{Operation: "LogSumExp", Rows: len(dst), Temperature: decimal(temperature)}, logits)
}

func (p *Process) logProbs(dst []float64, logits []float32, tokens []int, temperature float64) error {
	if len(tokens) != len(dst) {
		return fmt.Errorf("%d tokens for %d rows: %w", len(tokens), len(dst), reference.ErrShape)
	}
	q := question{Operation: "LogProbs", Rows: len(dst), Temperature: decimal(temperature), Tokens: pack(wide(tokens))}
	return fill(p, dst, 1, q, logits)
}

func (p *Process) anneal(dst, logits []float32, rows int, temperature float64) error {
	vocab, err := reference.Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
	}
	err = fill(p, dst, vocab, question{Operation: "Anneal", Rows: rows, Temperature: decimal(temperature)}, logits)
	if bad, some := err.(reference.RowErrors); some {
		for _, row := range bad {
			for i := range vocab {
				dst[row.Row*vocab+i] = float32(math.NaN())
			}
		}
	}
	return err
}

func (p *Process) sample(dst []int, logits []float32, u []float64, temperature float64) error {
	if len(u) != len(dst) {
		return fmt.Errorf("%d uniform numbers for %d rows: %w", len(u), len(dst), reference.ErrShape)
	}
	tokens := wide(dst)
	err := fill(p, tokens, 1, question{Operation: "Sample", Rows: len(dst), Temperature: decimal(temperature), U: pack(u)}, logits)
	narrow(dst, tokens)
	return err
}

// separate is the largest number of equal rows that are asked as they are.
const separate = 8

// draw spends one word of src on a question, the program's seed. Up to eight rows
// are asked as they are, equal or not: their draws have to be independent. A larger
// number of equal rows is asked as two rows with many draws each, or as one where
// the number is odd, which costs a program far less.
func (p *Process) draw(dst []int, logits []float32, src rand.Source, temperature float64) error {
	q := question{Operation: "Draw", Rows: len(dst), Draws: 1, Temperature: decimal(temperature)}
	if src != nil {
		q.Seed = src.Uint64() >> 11
	}
	if vocab, err := reference.Vocab(len(logits), len(dst)); err == nil && vocab > 0 && len(dst) > separate && allEqual(logits, vocab) {
		q.Rows = 2 - len(dst)%2
		q.Draws = len(dst) / q.Rows
		logits = logits[:q.Rows*vocab]
	}
	tokens := wide(dst)
	err := fill(p, tokens, q.Draws, q, logits)
	narrow(dst, tokens)
	if bad, some := err.(reference.RowErrors); some && q.Draws > 1 {
		var all reference.RowErrors
		for _, row := range bad {
			for i := range q.Draws {
				all = append(all, reference.RowError{Row: row.Row*q.Draws + i, Err: row.Err})
			}
		}
		return all
	}
	return err
}

// fill asks about a matrix of logits and writes what the program answers for its
// good rows.
func fill[E number](p *Process, dst []E, width int, q question, logits []float32) error {
	vocab, err := reference.Vocab(len(logits), q.Rows)
	if vocab == 0 || err != nil {
		return err
	}
	q.Logits = pack(logits)
	numbers, bad, refusal := ask[E](p, q, width)
	if refusal != nil {
		return refusal
	}
	before := slices.Clone(dst)
	copy(dst, numbers)
	for _, row := range bad {
		copy(dst[row.Row*width:(row.Row+1)*width], before[row.Row*width:])
	}
	return bad.Err()
}

// allEqual says that every row has the bits of the first.
func allEqual(logits []float32, vocab int) bool {
	for i, x := range logits[vocab:] {
		if math.Float32bits(x) != math.Float32bits(logits[i]) {
			return false
		}
	}
	return true
}

// wide and narrow turn tokens into the numbers of a message and back.
func wide(tokens []int) []int64 {
	numbers := make([]int64, len(tokens))
	for i, token := range tokens {
		numbers[i] = int64(token)
	}
	return numbers
}

func narrow(tokens []int, numbers []int64) {
	for i, x := range numbers {
		tokens[i] = int(x)
	}
}
