package props

import (
	"math/rand/v2"
	"sync"

	"temper/fixtures"
	"temper/reference/sequence"
)

// realLogits are what the neural model of the fixtures gives along sentences that
// it never saw, one position behind the other.
var realLogits = sync.OnceValue(func() []float32 {
	const positions = 200
	weights, err := fixtures.Neural()
	if err != nil {
		panic(err) // the weights are embedded, and their digest is tested
	}
	layers := make([]sequence.Layer, len(weights.Layers))
	for i, layer := range weights.Layers {
		layers[i] = sequence.Layer(layer)
	}
	m, err := sequence.NewFeedForward(len(weights.Symbols), weights.Window, len(weights.Symbols)-1, layers...)
	if err != nil {
		panic(err) // the layers fit: fixtures tests that
	}
	text, _ := fixtures.Text()
	_, heldOut := fixtures.NeuralSplit(fixtures.NeuralSentences(text))
	var all []float32
	row := make([]float64, m.VocabSize())
	for _, sentence := range heldOut {
		for i := range sentence {
			if len(all) == positions*len(row) {
				return all
			}
			if err := m.Logits(row, sentence[:i]); err != nil {
				panic(err) // the sentences are of the model's own vocabulary
			}
			for _, x := range row {
				all = append(all, float32(x))
			}
		}
	}
	return all
})

// fromModel fills a row with the logits of one position and of those behind it, as
// many as it takes.
func fromModel(row []float32, r *rand.Rand) {
	logits := realLogits()
	vocab := len(fixtures.NeuralAlphabet) + 1
	at := r.IntN(len(logits)/vocab) * vocab
	for i := range row {
		row[i] = logits[(at+i)%len(logits)]
	}
}
