package operation

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"temper/fixtures"
	"temper/props/accuracy"
	"temper/reference"
)

// LogProbs computes the log-probability of one token of each row, in nats.
var LogProbs = Operation{
	Name:     "LogProbs",
	Takes:    Tokens,
	Returns:  Nats,
	Provided: func(k reference.Kernels) bool { return k.LogProbs != nil },
	Call: func(k reference.Kernels, q Query, dst Destination) error {
		return k.LogProbs(dst.Nats, q.Logits, q.Tokens, q.Temperature)
	},
	Bind: func(k reference.Kernels, q Query, dst Destination) func() error {
		return func() error { return k.LogProbs(dst.Nats, q.Logits, q.Tokens, q.Temperature) }
	},
	Set: func(k *reference.Kernels, call func(Query, Destination) error) {
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, temperature float64) error {
			return call(Query{Logits: logits, Rows: len(dst), Tokens: tokens, Temperature: temperature}, Destination{Nats: dst})
		}
	},
	Says:   func(e Element) string { return fmt.Sprintf("log p(%d) = %v", e.Token, e.X) },
	Exact:  accuracy.ExactLogProbs,
	Peaked: peakedLogProb,
	Empty:  func(e Element) bool { return math.IsInf(e.X, -1) && isMasked(e.Row[e.Token]) },
	Cases:  logProbsCases,
}

func peakedLogProb(e Element) bool {
	if !e.atPeak() {
		return e.Token >= 0 && e.Token < len(e.Row) && math.Exp(e.X) == 0
	}
	share := math.Log(float64(e.Peak.Count))
	return math.Abs(e.X) < accuracy.ZeroSlack || e.Peak.Count > 1 && (math.IsInf(e.X, -1) || math.Abs(e.X+share) < accuracy.ZeroSlack)
}

var decodedLogProbs = sync.OnceValue(fixtures.LogProbs)

func logProbsCases() []Case {
	var cases []Case
	for _, c := range decodedLogProbs() {
		exact := caseOf(c.Case, c.Input, c.Scale)
		exact.Tokens = slices.Clone(c.Tokens) // a subject that writes into them must not spoil the next one's
		exact.Distances = func(rows [][]float64) []Distance {
			var distances []Distance
			for r, want := range c.Want {
				distances = append(distances, Distance{want.Distance(rows[r][0]), want.Token})
			}
			return distances
		}
		cases = append(cases, exact)
	}
	return cases
}
