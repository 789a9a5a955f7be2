package props

import (
	"fmt"
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
}

// newRowsByHistory makes rows of these profiles in turn, whose distribution at the
// temperature is the profile's. An end (end ≥ 0) then has a probability of 1/40 or less,
// so that completions of some length come.
func newRowsByHistory(vocab, end int, temperature float64, profiles []profile, seed uint64) *rowsByHistory {
	r := rand.New(rand.NewPCG(seed, 2))
	m := &rowsByHistory{vocab, make([]levelled, 64)}
	if vocab > 1<<12 { // a row of a large vocabulary takes memory, and few are met
		m.rows = m.rows[:8]
	}
	for i := range m.rows {
		row := profiles[i%len(profiles)].make(vocab, r)
		if end >= 0 {
			row = row.withRare(end)
		}
		m.rows[i] = row.heated(temperature, 80)
	}
	return m
}

func (m *rowsByHistory) VocabSize() int { return m.vocab }

func (m *rowsByHistory) LogConditional(dst []float64, prefix []int) error {
	if len(dst) != m.vocab {
		return fmt.Errorf("%d places for a vocabulary of %d: %w", len(dst), m.vocab, reference.ErrShape)
	}
	for i, token := range prefix {
		if err := reference.CheckToken(token, m.vocab); err != nil {
			return fmt.Errorf("position %d: %w", i, err)
		}
	}
	row := m.rows[m.which(prefix)]
	logp := row.logProbs(1)
	for v, level := range row.level {
		dst[v] = logp[level]
	}
	return nil
}

// which is the index of the row after a prefix.
func (m *rowsByHistory) which(prefix []int) int {
	hash := uint64(1)
	for _, token := range prefix {
		hash = (hash ^ uint64(token+1)) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	return int(hash>>58) % len(m.rows)
}

// history is a model of rowsByHistory over five tokens, with a sequence of so many tokens.
func history(seed uint64, length int) (known, []int) {
	m := known{newRowsByHistory(5, -1, 1, profiles[:1], seed), fmt.Sprintf("5 tokens, rows by the whole history, seed %d", seed), -1, 3}
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
