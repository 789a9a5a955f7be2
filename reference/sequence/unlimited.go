package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// mostUnlimited limits the number of contexts for an unlimited length, because
// elimination takes time in proportion to its cube.
const mostUnlimited = 1024

// InfinitePartitionError means that Z, a sum over sequences of unlimited length, is
// infinite. This happens at and above the critical temperature, at which the matrix
// p^(1/T) between the contexts from which end can be reached has spectral radius 1. With
// a maximum length Z is finite.
type InfinitePartitionError struct {
	Temperature, Critical float64
}

func (e InfinitePartitionError) Error() string {
	return fmt.Sprintf("temperature %v, critical temperature %v: %v", e.Temperature, e.Critical, ErrInfinitePartition)
}

// Is reports whether target is [ErrInfinitePartition].
func (e InfinitePartitionError) Is(target error) bool { return target == ErrInfinitePartition }

// infinite returns the error for an infinite Z, with the critical temperature.
func (a *AnnealedMarkov) infinite() error {
	critical, err := a.criticalTemperature()
	if err != nil {
		return err
	}
	return InfinitePartitionError{a.temperature, critical}
}

// closure solves the recursion of sum for a length without limit, x = b + A·x, on
// the contexts that begin can reach and from which end can come; elsewhere
// −Inf. It eliminates one context after the other, in logs and without a
// subtraction but 1 − A_ii: A has a spectral radius below 1 if and only if every
// such pivot is positive. Otherwise the sum is infinite, [ErrInfinitePartition].
//
// Source: Kleene's closure of a semiring; Grassmann, Taksar and Heyman (1985) for
// why nothing cancels.
func (a *AnnealedMarkov) closure(g float64, source func(left, context int) float64, ended float64) ([]float64, error) {
	_, contexts := a.reachable(a.markov.start())
	if len(contexts) > mostUnlimited {
		return nil, fmt.Errorf("unlimited length on %d contexts, more than %d: %w", len(contexts), mostUnlimited, reference.ErrShape)
	}
	matrix, b := a.system(contexts, g, source, ended)
	if !eliminate(matrix, b) {
		return nil, fmt.Errorf("sum over sequences of unlimited length at temperature %v: %w", a.temperature, ErrInfinitePartition)
	}
	x := make([]float64, len(a.local))
	for c := range x {
		x[c] = math.Inf(-1)
	}
	for i, c := range contexts {
		x[c] = b[i]
	}
	return x, nil
}

// system is A and b of x = b + A·x in logs, on the contexts alone.
func (a *AnnealedMarkov) system(contexts []int, g float64, source func(left, context int) float64, ended float64) (matrix [][]float64, b []float64) {
	place := make(map[int]int, len(contexts))
	for i, c := range contexts {
		place[c] = i
	}
	matrix, b = make([][]float64, len(contexts)), make([]float64, len(contexts))
	weights, zeros := make([]float64, a.markov.vocab), make([]float64, len(a.local))
	for i, c := range contexts {
		matrix[i] = make([]float64, len(contexts))
		for j := range matrix[i] {
			matrix[i][j] = math.Inf(-1)
		}
		b[i] = source(Unlimited, c)
		a.weights(weights, c, g, ended, zeros)
		for v, w := range weights {
			if v == a.end {
				b[i] = logAdd(b[i], w)
			} else if j, ok := place[a.markov.shift(c, v)]; ok {
				matrix[i][j] = logAdd(matrix[i][j], w)
			}
		}
	}
	return matrix, b
}

// eliminate stores the solution of x = b + A·x in b, all in logarithms. It returns
// false if there is none, because the sum over paths is infinite.
func eliminate(matrix [][]float64, b []float64) bool {
	for k, row := range matrix {
		if !(row[k] < 0) {
			return false
		}
		star := -math.Log(-math.Expm1(row[k])) // 1/(1 − A_kk), all rounds through k
		later := row[k+1:]                     // the columns before have been used
		for j := range later {
			later[j] += star
		}
		b[k] += star
		for i := range matrix {
			factor := matrix[i][k]
			if i == k || math.IsInf(factor, -1) {
				continue
			}
			for j, x := range later {
				matrix[i][k+1+j] = logAdd(matrix[i][k+1+j], factor+x)
			}
			b[i] = logAdd(b[i], factor+b[k])
		}
	}
	return true
}

// reachable lists the contexts that start can lead to, and those of them from
// which end can come.
func (a *AnnealedMarkov) reachable(start int) (reached, completable []int) {
	reached = []int{start}
	seen := map[int]bool{start: true}
	before := map[int][]int{}
	var ending []int
	for i := 0; i < len(reached); i++ {
		c := reached[i]
		for v, logp := range a.markov.row(c) {
			if math.IsInf(logp, -1) {
				continue
			}
			if v == a.end {
				ending = append(ending, c)
				continue
			}
			cv := a.markov.shift(c, v)
			before[cv] = append(before[cv], c)
			if !seen[cv] {
				seen[cv] = true
				reached = append(reached, cv)
			}
		}
	}
	can := map[int]bool{}
	for len(ending) > 0 {
		c := ending[len(ending)-1]
		ending = ending[:len(ending)-1]
		if !can[c] {
			can[c] = true
			ending = append(ending, before[c]...)
		}
	}
	for _, c := range reached {
		if can[c] {
			completable = append(completable, c)
		}
	}
	return reached, completable
}

// logAdd returns log(exp(x) + exp(y)).
func logAdd(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) {
		return x
	}
	return x + math.Log1p(math.Exp(y-x))
}

// CriticalTemperature returns the lowest T at which Z, a sum over sequences of unlimited
// length, is infinite. It is above 1, and +Inf if no context can occur twice in a
// sequence.
//
// As an example, a model that ends with probability e, and otherwise draws one of V
// tokens uniformly, has 1 − log(1−e)/log V: 1.152 for e = 0.1 and V = 2. Errors:
// [reference.ErrToken] if end is not a token of the model, and
// [reference.ErrNoSupport] if no sequence can end.
func CriticalTemperature(m *Markov, end int) (float64, error) {
	a := &AnnealedMarkov{markov: m, end: end, length: Unlimited}
	if err := a.check(); err != nil {
		return 0, err
	}
	return a.criticalTemperature()
}

// criticalTemperature bisects the exponent 1/T in [0, 1]: the spectral radius
// falls as the exponent grows, and at 1 it is below 1.
func (a *AnnealedMarkov) criticalTemperature() (float64, error) {
	_, contexts := a.reachable(a.markov.start())
	if len(contexts) == 0 {
		return 0, fmt.Errorf("end is never reached: %w", reference.ErrNoSupport)
	}
	s := a.markov.steps(contexts, a.end, func(c, v int) float64 { return a.markov.row(c)[v] })
	var classes []steps
	for _, class := range s.classes() {
		classes = append(classes, s.within(class))
	}
	if len(classes) == 0 {
		return math.Inf(1), nil
	}
	low, high := 0.0, 1.0
	for high-low > 1e-15 {
		middle := (low + high) / 2
		diverges := false
		for _, class := range classes {
			logRadius, _, err := class.raised(middle).perron()
			if err != nil {
				return 0, err
			}
			diverges = diverges || logRadius >= 0
		}
		if diverges {
			low = middle
		} else {
			high = middle
		}
	}
	return 1 / high, nil
}
