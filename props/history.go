package props

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// rowsByHistory is a model of any vocabulary whose conditional depends on every token
// before, on their order and on their number, however far back: one of a few rows, chosen
// by a hash of the prefix. A context that lacks one token, has one too many, or is a
// shortened or shifted one, has another row in all but one of 64 cases. A prefix of
// thousands of tokens takes microseconds.
//
// It answers for every prefix of its tokens, impossible ones too, so that it can be asked
// what a wrong context would have given.
type rowsByHistory struct {
	vocab int
	rows  []levelled
	logp  [][]float64 // of each row and level
}

// newRowsByHistory makes rows of these profiles in turn, whose distribution at the
// temperature is the profile's; at T = +Inf they are as far apart as a row may be. An end
// (end ≥ 0) has a probability between 0.001 and mostly there.
func newRowsByHistory(vocab, end int, mostly, temperature float64, profiles []profile, seed uint64) *rowsByHistory {
	r := rand.New(rand.NewPCG(seed, 2))
	rows := make([]levelled, 64)
	if vocab > 1<<12 { // a row of a large vocabulary takes memory, and few are met
		rows = rows[:8]
	}
	for i := range rows {
		row := profiles[i%len(profiles)].make(vocab, r)
		if end >= 0 {
			row = row.withShare(end, between(r, 1e-3, mostly))
		}
		rows[i] = row.heated(math.Min(temperature, 1e6), 80)
	}
	return byHistory(vocab, rows)
}

// byHistory is the model of these rows.
func byHistory(vocab int, rows []levelled) *rowsByHistory {
	m := &rowsByHistory{vocab: vocab, rows: rows}
	for _, row := range rows {
		m.logp = append(m.logp, row.logProbs(1))
	}
	return m
}

func (m *rowsByHistory) VocabSize() int { return m.vocab }

func (m *rowsByHistory) LogConditional(dst []float64, prefix []int) error {
	if len(dst) != m.vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), m.vocab, reference.ErrShape)
	}
	hash, err := hashOf(prefix, m.vocab)
	if err != nil {
		return err
	}
	i := hash.row(m)
	for v, level := range m.rows[i].level {
		dst[v] = m.logp[i][level]
	}
	return nil
}

// logProb is log p(token | prefix).
func (m *rowsByHistory) logProb(prefix []int, token int) float64 {
	i := m.which(prefix)
	return m.logp[i][m.rows[i].level[token]]
}

// which is the index of the row after a prefix.
func (m *rowsByHistory) which(prefix []int) int {
	hash := newHistory
	for _, token := range prefix {
		hash = hash.then(token)
	}
	return hash.row(m)
}

// historyHash is a hash of a prefix, that of the empty one newHistory.
type historyHash uint64

const newHistory historyHash = 1

func (h historyHash) then(token int) historyHash {
	h = (h ^ historyHash(token+1)) * 0x9e3779b97f4a7c15
	return h ^ h>>29
}

// hashOf is the hash of a prefix; a token outside the vocabulary is an error.
func hashOf(prefix []int, vocab int) (historyHash, error) {
	hash := newHistory
	for i, token := range prefix {
		if err := reference.CheckToken(token, vocab); err != nil {
			return hash, fmt.Errorf("position %d: %w", i, err)
		}
		hash = hash.then(token)
	}
	return hash, nil
}

func (h historyHash) row(m *rowsByHistory) int { return h.among(len(m.rows)) }

// among is one of n ≤ 64 numbers.
func (h historyHash) among(n int) int { return int(h>>58) % n }

// history is a model of rowsByHistory over five tokens, with a sequence of so many tokens.
func history(seed uint64, length int) (known, []int) {
	m := known{newRowsByHistory(5, -1, 0, 1, profiles[:1], seed), fmt.Sprintf("5 tokens, rows by the whole history, seed %d", seed), -1, 3}
	return m, anyTokens(5, length, seed)
}

// anyTokens are so many tokens of a vocabulary.
func anyTokens(vocab, length int, seed uint64) []int {
	r, tokens := rand.New(rand.NewPCG(seed, 3)), make([]int, length)
	for i := range tokens {
		tokens[i] = r.IntN(vocab)
	}
	return tokens
}
