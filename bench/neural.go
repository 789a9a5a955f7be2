package bench

import (
	"math/rand/v2"

	"temper/fixtures/neural"
)

// model fills a row with the trained network's logits at a random place of a random
// sentence that it was not trained on.
func model(r *rand.Rand, row []float32) {
	network, sentences := neural.Trained()
	sentence := sentences[r.IntN(len(sentences))]
	logits := make([]float64, len(row))
	if err := network.Logits(logits, sentence[:r.IntN(len(sentence))]); err != nil {
		panic(err) // the row is as long as the vocabulary, and end comes only last in a sentence
	}
	for i, x := range logits {
		row[i] = float32(x)
	}
}
