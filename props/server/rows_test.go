package server

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"temper/reference"
)

// rowOfWords is a random distribution over words, the most probable first, and a context
// that has some of them.
func rowOfWords(t *testing.T, random *rand.Rand) (words []Entry, context string) {
	t.Helper()
	logits, lse := make([]float32, 20), []float64{0}
	for i := range logits {
		logits[i] = float32(random.NormFloat64())
	}
	if err := reference.Scalar.LogSumExp(lse, logits, 1); err != nil {
		t.Fatal(err)
	}
	for i, l := range logits {
		word := fmt.Sprintf("word%c", 'a'+i)
		words = append(words, Entry{Text: word, ID: -1, LogProb: float64(l) - lse[0]})
		if random.IntN(3) == 0 {
			context += " " + word
		}
	}
	slices.SortFunc(words, byLogProb)
	return words, context
}

// listings are the lists of five words that honest servers give with a drawn one.
var listings = map[string]func(words []Entry, drawn Entry) []Entry{
	"the most probable": func(words []Entry, _ Entry) []Entry { return words[:5] },
	"the drawn word as a sixth": func(words []Entry, drawn Entry) []Entry {
		if slices.Contains(words[:5], drawn) {
			return words[:5]
		}
		return append(slices.Clone(words[:5]), drawn)
	},
	"the drawn word in the last place": func(words []Entry, drawn Entry) []Entry {
		if slices.Contains(words[:5], drawn) {
			return words[:5]
		}
		return append(slices.Clone(words[:4]), drawn)
	},
}

// A bet that pays more than 1 on average accuses an honest server in the end. The average
// is exact here: it is over all words that can be drawn after others.
func TestNoBetOnADrawPaysMoreThanOneOnAverage(t *testing.T) {
	for name, listing := range listings {
		for _, temperature := range []float64{0.5, 1, 2} {
			t.Run(fmt.Sprintf("%s, T = %g", name, temperature), func(t *testing.T) {
				random := rand.New(rand.NewPCG(1, 2))
				r := &run{dialect: completions{}, list: 5, steady: true, share1: coreShare, mass1: coreMass, kind: raw, plains: map[string]string{}}
				staked := map[string]bool{}
				for range 100 {
					words, context := rowOfWords(t, random)
					first := words[random.IntN(len(words))]
					gains := map[string]float64{} // the average less 1
					for i, p := range normalised(annealed(words, temperature)) {
						j := r.judge(true, "")
						j.draw(Token{first, listing(words, first)}, temperature, context, "")
						before := maps.Clone(j.bets.logM)
						j.draw(Token{words[i], listing(words, words[i])}, temperature, context, "")
						for bet, logM := range j.bets.logM {
							gains[bet] += p * math.Expm1(logM-before[bet])
						}
					}
					for bet, gain := range gains {
						staked[bet] = true
						if gain > 1e-9 {
							t.Fatalf("%s: it pays %.4g on average; context %q, words %v", bet, 1+gain, context, words)
						}
					}
				}
				if len(staked) < 20 {
					t.Errorf("%d bets: %v", len(staked), staked)
				}
			})
		}
	}
}

// annealed are the log-probabilities divided by T.
func annealed(words []Entry, temperature float64) (logs []float64) {
	for _, w := range words {
		logs = append(logs, w.LogProb/temperature)
	}
	return logs
}
