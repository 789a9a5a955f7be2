package sequence

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
)

// maximise tabulates T = 0: the largest log p of a completion, max_v log p(v | c)
// + best(cv), and the logarithm of how many have it. Where there is no limit a
// most probable sequence meets no context twice, for the loop would cost
// probability: as many tokens as there are contexts are enough.
func (a *AnnealedMarkov) maximise() {
	contexts, longest := len(a.local), a.length
	if a.length == Unlimited {
		longest = contexts
	}
	best, ways := make([]float64, contexts), make([]float64, contexts)
	for c := range best {
		best[c] = a.cutOff(0)
	}
	a.future, a.ways = [][]float64{best}, [][]float64{ways}
	weights := make([]float64, a.markov.vocab)
	for range longest {
		nextBest, nextWays := best, ways
		best, ways = make([]float64, contexts), make([]float64, contexts)
		for c := range best {
			best[c] = a.mostProbable(weights, c, nextBest, nextWays)
			ways[c] = logSumExp(weights, 1)
		}
		if a.length == Unlimited {
			if slices.Equal(best, nextBest) && slices.Equal(ways, nextWays) {
				return
			}
			a.future, a.ways = [][]float64{best}, [][]float64{ways}
			continue
		}
		a.future, a.ways = append(a.future, best), append(a.ways, ways)
	}
}

// mostProbable is the largest log p of a completion of context c, and fills dst
// with the logarithm of how many such completions begin with each token.
func (a *AnnealedMarkov) mostProbable(dst []float64, c int, best, ways []float64) float64 {
	counts := make([]float64, len(dst))
	for v, logp := range a.markov.row(c) {
		dst[v], counts[v] = logp, 0
		if v != a.end {
			cv := a.markov.shift(c, v)
			dst[v], counts[v] = logp+best[cv], ways[cv]
		}
	}
	most := slices.Max(dst)
	tie := most - float64(1e-12*math.Max(1, math.Abs(most))) // not fused: the same ties on every machine
	for v, x := range dst {
		dst[v] = math.Inf(-1)
		if x >= tie && !math.IsInf(x, -1) {
			dst[v] = counts[v]
		}
	}
	return most
}

// MostProbable returns argmax_y p(y | prompt), the lexicographically first of the most
// probable completions; their log p(y | prompt) in nats; and the logarithm of their
// number. The completion can differ from the greedy path of [Generate] from the first
// token on. Errors: [reference.ErrTemperature] unless T = 0, and those of
// LogConditional.
func (a *AnnealedMarkov) MostProbable(prompt []int) (completion []int, logProb, logWays float64, err error) {
	if err := checkPrefix(prompt, a.VocabSize()); err != nil {
		return nil, 0, 0, err
	}
	if a.temperature != 0 {
		return nil, 0, 0, fmt.Errorf("most probable sequences at temperature %v, not 0: %w", a.temperature, reference.ErrTemperature)
	}
	completion = []int{}
	if hasEnded(prompt, a.end) {
		return completion, 0, 0, nil
	}
	context, left, err := a.locate(prompt)
	if err != nil {
		return nil, 0, 0, err
	}
	logProb, logWays = a.at(a.future, left)[context], a.at(a.ways, left)[context]
	weights := make([]float64, a.markov.vocab)
	for left != 0 && !hasEnded(completion, a.end) {
		a.next(weights, context, left)
		token := slices.IndexFunc(weights, func(w float64) bool { return !math.IsInf(w, -1) })
		completion = append(completion, token)
		context = a.markov.shift(context, token)
		left = a.fewer(left)
	}
	return completion, logProb, logWays, nil
}
