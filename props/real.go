package props

import (
	"math/rand/v2"
	"sync"
	"temper/fixtures/neural"
)

// realLogits are the logits of the neural model of the fixtures along sentences that
// it was not trained on, one position behind the other.
var realLogits = sync.OnceValue(func() []float32 {
	const positions = 200
	m, heldOut := neural.Trained()
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
	at := r.IntN(len(logits)/neural.Vocab) * neural.Vocab
	for i := range row {
		row[i] = logits[(at+i)%len(logits)]
	}
}
