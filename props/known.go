package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
	"temper/reference/sequence"
)

// known is a model whose law is known exactly: an explicit table over all
// sequences of a length, or one that ends. Suites for scorers and generators
// supply it, so that nothing is left to the subject's own models.
type known struct {
	sequence.Model
	name   string
	end    int // −1: none
	length int // of all its sequences, or as far as it is enumerated
}

func (k known) String() string { return k.name }

// rowsByPrefix is a model whose conditional is drawn anew for every prefix: no
// two rows are alike, no two probabilities equal, and nothing is symmetric, so
// that a shifted index or a forgotten factor shows. Every third row has a token
// that is impossible.
type rowsByPrefix struct {
	vocab, end int
	seed       uint64
}

func (m rowsByPrefix) VocabSize() int { return m.vocab }

func (m rowsByPrefix) LogConditional(dst []float64, prefix []int) error {
	if len(dst) != m.vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), m.vocab, reference.ErrShape)
	}
	state := m.seed
	for i, token := range prefix {
		if err := reference.CheckToken(token, m.vocab); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
		if m.fill(dst, state); math.IsInf(dst[token], -1) || i > 0 && prefix[i-1] == m.end {
			return fmt.Errorf("position %d: %w", i, sequence.ErrImpossiblePrefix)
		}
		state = rand.New(rand.NewPCG(state, uint64(token)+1)).Uint64()
	}
	if len(prefix) > 0 && prefix[len(prefix)-1] == m.end {
		return fmt.Errorf("after end: %w", sequence.ErrImpossiblePrefix)
	}
	m.fill(dst, state)
	return nil
}

func (m rowsByPrefix) fill(dst []float64, state uint64) {
	r := rand.New(rand.NewPCG(state, 0))
	for v := range dst {
		dst[v] = 2 * r.NormFloat64()
	}
	if impossible := r.IntN(3 * m.vocab); impossible < m.vocab && impossible != m.end {
		dst[impossible] = math.Inf(-1)
	}
	if err := reference.AnnealLog(dst, dst, 1); err != nil {
		panic(err) // at least one logit is finite, for a vocabulary of two or more
	}
}

// knownModels are the models that scorers and generators are tried on.
func knownModels(seed uint64) []known {
	models := []known{
		{rowsByPrefix{3, -1, seed}, "3 tokens, rows by prefix", -1, 4},
		{rowsByPrefix{4, 3, seed + 1}, "4 tokens, rows by prefix, the last is end", 3, 4},
		{rowsByPrefix{7, -1, seed + 2}, "7 tokens, rows by prefix", -1, 2},
	}
	joint, err := sequence.NewJoint(3, 3, randomTable(27, seed))
	if err != nil {
		panic(err) // the table is normalised
	}
	return append(models, known{joint, "a joint table over 3 tokens and length 3", -1, 3},
		known{rowsByPrefix{4, 0, seed + 3}, "4 tokens, rows by prefix, the first is end", 0, 4})
}

// longChain is a model in which sequences of a thousand tokens are quickly scored,
// and have probabilities that leave float64.
func longChain() known {
	r := rand.New(rand.NewPCG(3, 3))
	text := make([]int, 400)
	for i := range text {
		text[i] = min(r.IntN(5), r.IntN(5))
	}
	m, err := sequence.NewMarkov(5, 1, -1, 0.5, [][]int{text})
	if err != nil {
		panic(err) // the text is within the vocabulary
	}
	return known{m, "5 tokens, order 1", -1, 3}
}

// cooled is a model at T = 0.001: what its tokens' log-probabilities differ by is a
// thousandfold, so that some are beyond exp in float64 and others nearly 0.
type cooled struct{ sequence.Model }

func (m cooled) LogConditional(dst []float64, prefix []int) error {
	if err := m.Model.LogConditional(dst, prefix); err != nil {
		return err
	}
	return reference.AnnealLog(dst, dst, 1e-3)
}

// wideRows is a model in which single tokens have probabilities that leave float64.
func wideRows() known {
	return known{cooled{rowsByPrefix{4, 3, 5}}, "4 tokens, log-probabilities thousands apart, the last is end", 3, 3}
}

// randomTable is a distribution over n outcomes, no two alike.
func randomTable(n int, seed uint64) []float64 {
	r := rand.New(rand.NewPCG(seed, 1))
	p, total := make([]float64, n), 0.0
	for i := range p {
		p[i] = r.ExpFloat64()
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}
