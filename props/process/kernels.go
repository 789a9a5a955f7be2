package process

import (
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// Kernels asks the program; what it doesn't provide is nil. Shapes are checked
// here, because a question has no wrong ones. A program that fails makes the
// operation panic.
func (p *Process) Kernels() reference.Kernels {
	k := reference.Kernels{Name: p.hello.Name, Available: true}
	for _, name := range p.hello.Operations {
		if op, known := operation.Named(name); known {
			op.Set(&k, func(q operation.Query, dst operation.Destination) error { return p.call(op, q, dst) })
		}
	}
	return k
}

// call asks the program what an operation is asked, and writes its answer.
func (p *Process) call(op operation.Operation, q operation.Query, dst operation.Destination) error {
	vocab, err := op.Vocab(q, dst)
	if vocab == 0 || err != nil {
		return err
	}
	asked := question{Operation: op.Name, Rows: q.Rows, Temperature: decimal(q.Temperature), Tokens: pack(wide(q.Tokens)), U: pack(q.U)}
	if op.Takes == operation.Words {
		return p.draw(asked, q, dst.Draws)
	}
	switch op.Returns {
	case operation.Probabilities:
		err = fill(p, dst.Probabilities, vocab, asked, q.Logits)
	case operation.Draws:
		err = fillTokens(p, dst.Draws, 1, asked, q.Logits)
	default:
		err = fill(p, dst.Nats, 1, asked, q.Logits)
	}
	if bad, some := err.(reference.RowErrors); some && op.BadRowIsNaN() {
		for _, row := range bad {
			for i := range vocab {
				dst.Probabilities[row.Row*vocab+i] = float32(math.NaN())
			}
		}
	}
	return err
}

// separate is the largest number of equal rows that are asked as they are.
const separate = 8

// draw gives a question one seed, that of the program. Up to eight
// rows are asked as they are, equal or not: their draws have to be independent. A
// larger number of equal rows is asked as two rows with many draws each, or as one
// where the number is odd, which costs a program far less.
func (p *Process) draw(asked question, q operation.Query, dst []int) error {
	asked.Draws = 1
	asked.Seed = seedFrom(q.Src)
	logits, vocab := q.Logits, len(q.Logits)/q.Rows
	if q.Rows > separate && allEqual(logits, vocab) {
		asked.Rows = 2 - q.Rows%2
		asked.Draws = q.Rows / asked.Rows
		logits = logits[:asked.Rows*vocab]
	}
	err := fillTokens(p, dst, asked.Draws, asked, logits)
	if bad, some := err.(reference.RowErrors); some && asked.Draws > 1 {
		var all reference.RowErrors
		for _, row := range bad {
			for i := range asked.Draws {
				all = append(all, reference.RowError{Row: row.Row*asked.Draws + i, Err: row.Err})
			}
		}
		return all
	}
	return err
}

// seedFrom spends one word of a source on a seed below 2⁵³.
func seedFrom(src rand.Source) uint64 {
	if src == nil {
		return 0
	}
	return src.Uint64() >> 11
}

// fillTokens is fill for tokens, which a message has as numbers of 64 bits.
func fillTokens(p *Process, dst []int, width int, q question, logits []float32) error {
	tokens := wide(dst)
	err := fill(p, tokens, width, q, logits)
	narrow(dst, tokens)
	return err
}

// fill asks about a matrix of logits and writes what the program answers for its
// good rows.
func fill[E number](p *Process, dst []E, width int, q question, logits []float32) error {
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

// allEqual reports whether every row has the bits of the first.
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
	for i := range tokens {
		tokens[i] = int(numbers[i])
	}
}
