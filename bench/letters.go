package bench

import (
	"math/rand/v2"
	"sync"

	"temper/fixtures"
	"temper/reference/sequence"
)

// neural is the model behind the kind "model", a trained network on characters,
// and the sentences that it never saw.
var neural = sync.OnceValues(func() (*sequence.FeedForward, [][]int) {
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
	return m, heldOut
})

// neuralVocab is the number of the network's characters, and end.
const neuralVocab = len(fixtures.NeuralAlphabet) + 1

// model fills a row with the network's logits at a random place of a sentence.
func model(r *rand.Rand, row []float32) {
	m, sentences := neural()
	sentence := sentences[r.IntN(len(sentences))]
	logits := make([]float64, len(row))
	if err := m.Logits(logits, sentence[:r.IntN(len(sentence))]); err != nil {
		panic(err) // the row is as long as the vocabulary, and sentences end but once
	}
	for i, x := range logits {
		row[i] = float32(x)
	}
}
