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

// LogSumExp computes log Σ exp(logit / T) of each row, in nats.
var LogSumExp = Operation{
	Name:     "LogSumExp",
	Takes:    Nothing,
	Returns:  Nats,
	NoZero:   true,
	Provided: func(k reference.Kernels) bool { return k.LogSumExp != nil },
	Call: func(k reference.Kernels, q Query, dst Destination) error {
		return k.LogSumExp(dst.Nats, q.Logits, q.Temperature)
	},
	Bind: func(k reference.Kernels, q Query, dst Destination) func() error {
		return func() error { return k.LogSumExp(dst.Nats, q.Logits, q.Temperature) }
	},
	Set: func(k *reference.Kernels, call func(Query, Destination) error) {
		k.LogSumExp = func(dst []float64, logits []float32, temperature float64) error {
			return call(Query{Logits: logits, Rows: len(dst), Temperature: temperature}, Destination{Nats: dst})
		}
	},
	Says:   func(e Element) string { return fmt.Sprintf("log-sum-exp %v", e.X) },
	Exact:  exactLogSumExp,
	Shift:  func(c, temperature float64) float64 { return c / temperature },
	Peaked: func(e Element) bool { return math.IsInf(e.X, 1) && math.IsInf(float64(e.Peak.Logit), 1) },
	Empty: func(e Element) bool {
		return math.IsInf(e.X, -1) && !slices.ContainsFunc(e.Row, func(x float32) bool { return !isMasked(x) })
	},
	Cases: logSumExpCases,
}

func exactLogSumExp(row []float32, temperature float64) []float64 {
	return []float64{accuracy.ExactLogSumExp(row, temperature)}
}

var decodedLogSumExp = sync.OnceValue(fixtures.LogSumExp)

func logSumExpCases() []Case {
	var cases []Case
	for _, c := range decodedLogSumExp() {
		exact := caseOf(c.Case, c.Input, c.Scale)
		exact.Distances = func(rows [][]float64) []Distance { return []Distance{{c.Want.Distance(rows[0][0]), WholeRow}} }
		cases = append(cases, exact)
	}
	return cases
}
