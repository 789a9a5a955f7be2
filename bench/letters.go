package bench

import (
	"math/rand/v2"
	"strings"
	"sync"

	"temper/fixtures"
	"temper/reference"
)

// letters is the model behind the kind "model": how often each letter follows
// two others in a real text, with one added to every count.
var letters = sync.OnceValues(func() (*reference.Markov, []int) {
	text, _ := fixtures.Text()
	var tokens []int
	for _, letter := range fixtures.Letters(text) {
		tokens = append(tokens, strings.IndexRune(fixtures.Alphabet, letter))
	}
	m, err := reference.NewMarkov(len(fixtures.Alphabet), 2, -1, 1, [][]int{tokens})
	if err != nil {
		panic(err) // the letters are those of the alphabet
	}
	return m, tokens
})

// model fills a row with the model's log-probabilities after a random place of
// the text.
func model(r *rand.Rand, row []float32) {
	m, tokens := letters()
	logp := make([]float64, len(row))
	if err := m.LogConditional(logp, tokens[:2+r.IntN(1000)]); err != nil {
		panic(err) // the row is as long as the alphabet
	}
	for i, x := range logp {
		row[i] = float32(x)
	}
}
