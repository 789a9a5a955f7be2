package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// question is what an operation of a sampler is asked: a row-major matrix of logits, the
// settings of every row, and for every row a token or a uniform number.
type question struct {
	logits []float32
	how    []reference.Sampling
	tokens []int
	u      []float64
	src    rand.Source
}

// reply is the memory that an operation writes to, one of the three.
type reply struct {
	kept   []bool
	nats   []float64
	tokens []int
}

// samplerOperation is one operation of a sampler, for laws about all of them.
type samplerOperation struct {
	of   part[reference.Sampler]
	call func(s reference.Sampler, q question, dst reply) error
	rows func(q question, dst reply) [][]float64 // the answer to each row
}

func samplerOperations() []samplerOperation {
	number := func(x int) float64 { return float64(x) }
	return []samplerOperation{
		{samplerKeep,
			func(s reference.Sampler, q question, dst reply) error { return s.Keep(dst.kept, q.logits, q.how) },
			func(q question, dst reply) [][]float64 {
				return inRows(dst.kept, len(q.how), func(kept bool) float64 {
					if kept {
						return 1
					}
					return 0
				})
			}},
		{samplerLogProbs,
			func(s reference.Sampler, q question, dst reply) error {
				return s.LogProbs(dst.nats, q.logits, q.tokens, q.how)
			},
			func(q question, dst reply) [][]float64 {
				return inRows(dst.nats, len(q.how), func(x float64) float64 { return x })
			}},
		{samplerSample,
			func(s reference.Sampler, q question, dst reply) error {
				return s.Sample(dst.tokens, q.logits, q.u, q.how)
			},
			func(q question, dst reply) [][]float64 { return inRows(dst.tokens, len(q.how), number) }},
		{samplerDraw,
			func(s reference.Sampler, q question, dst reply) error {
				return s.Draw(dst.tokens, q.logits, q.src, q.how)
			},
			func(q question, dst reply) [][]float64 { return inRows(dst.tokens, len(q.how), number) }},
	}
}

func (op samplerOperation) determined() bool { return op.of.words != samplerDraw.words }

func inRows[E any](all []E, rows int, number func(E) float64) [][]float64 {
	width := len(all) / max(1, rows)
	made := make([][]float64, rows)
	for r := range made {
		for _, x := range all[r*width : (r+1)*width] {
			made[r] = append(made[r], number(x))
		}
	}
	return made
}

// destination has room for the answer, filled with what no operation returns; a place
// of Keep that is not written says that the token is kept.
func (q question) destination() reply {
	return reply{
		kept:   slices.Repeat([]bool{true}, len(q.logits)),
		nats:   slices.Repeat([]float64{math.NaN()}, len(q.how)),
		tokens: slices.Repeat([]int{noToken}, len(q.how)),
	}
}

// ask returns what was written, and the error.
func (op samplerOperation) ask(s reference.Sampler, q question) ([][]float64, error) {
	dst := q.destination()
	err := op.call(s, q, dst)
	return op.rows(q, dst), err
}

// refusedGood is the finding that good rows with good settings are refused.
func refusedGood(err error) error {
	return fmt.Errorf("refused good rows with good settings: %w", err)
}

// answer is that of good rows, for which there is no error.
func (op samplerOperation) answer(s reference.Sampler, q question) ([][]float64, error) {
	rows, err := op.ask(s, q)
	if err != nil {
		return nil, refusedGood(err)
	}
	return rows, nil
}

// question asks about every row, with tokens and uniform numbers drawn from the seed.
func (b serving) question() question {
	r := rand.New(b.source(0))
	q := question{logits: slices.Concat(b.rows...), how: slices.Clone(b.how), src: b.source(1)}
	for range b.rows {
		q.tokens, q.u = append(q.tokens, r.IntN(b.vocab())), append(q.u, r.Float64())
	}
	return q
}

// choose asks about some rows of the question, in this order.
func (q question) choose(rows ...int) question {
	vocab := len(q.logits) / len(q.how)
	chosen := question{src: q.src}
	for _, r := range rows {
		chosen.logits = append(chosen.logits, q.logits[r*vocab:(r+1)*vocab]...)
		chosen.how, chosen.tokens, chosen.u = append(chosen.how, q.how[r]), append(chosen.tokens, q.tokens[r]), append(chosen.u, q.u[r])
	}
	return chosen
}

// repeated asks about one row so many times.
func repeated(row []float32, how reference.Sampling, times int) question {
	return question{logits: slices.Repeat(row, times), how: slices.Repeat([]reference.Sampling{how}, times), tokens: make([]int, times), u: make([]float64, times)}
}

// keptOf asks Keep about a batch.
func keptOf(s reference.Sampler, b serving) ([][]bool, error) {
	dst := b.question().destination().kept
	if err := s.Keep(dst, slices.Concat(b.rows...), b.how); err != nil {
		return nil, refusedGood(err)
	}
	return slices.Collect(slices.Chunk(dst, b.vocab())), nil
}

// cutLogProbsOf asks for the log-probabilities of some tokens of one row.
func cutLogProbsOf(s reference.Sampler, row []float32, how reference.Sampling, tokens []int) ([]float64, error) {
	q := repeated(row, how, len(tokens))
	dst := q.destination().nats
	if err := s.LogProbs(dst, q.logits, tokens, q.how); err != nil {
		return nil, refusedGood(err)
	}
	return dst, nil
}

// cutSampleOf asks which tokens of one row the uniform numbers give. A number outside
// the vocabulary is an error.
func cutSampleOf(s reference.Sampler, row []float32, how reference.Sampling, u []float64) ([]int, error) {
	q := repeated(row, how, len(u))
	dst := q.destination().tokens
	if err := s.Sample(dst, q.logits, u, q.how); err != nil {
		return nil, refusedGood(err)
	}
	return dst, inVocabulary(dst, len(row), func(i int) string { return fmt.Sprintf("u = %v", u[i]) })
}

// noToken is in every place before an operation writes there.
const noToken = -123

// inVocabulary finds a token that is none; asked names what it is the answer to.
func inVocabulary(tokens []int, vocab int, asked func(i int) string) error {
	for i, token := range tokens {
		switch {
		case token == noToken:
			return fmt.Errorf("%s: %w", asked(i), operation.ErrUnwritten)
		case token < 0 || token >= vocab:
			return fmt.Errorf("%s: token %d, of a vocabulary of %d", asked(i), token, vocab)
		}
	}
	return nil
}
