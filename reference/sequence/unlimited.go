package sequence

import (
	"fmt"
	"math"

	"temper/reference"
)

// mostUnlimited bounds the contexts of an unlimited length: elimination takes the
// cube of it.
const mostUnlimited = 1024

// InfinitePartitionError means that Z, summed over sequences of unlimited length, is
// infinite, as it is from the critical temperature upwards: the matrix p^(1/T)
// between the contexts from which end can come has a spectral radius of 1 there.
// A maximum length makes Z finite.
type InfinitePartitionError struct {
	Temperature, Critical float64
}

func (e InfinitePartitionError) Error() string {
	return fmt.Sprintf("temperature %v, critical temperature %v: %v", e.Temperature, e.Critical, ErrInfinitePartition)
}

// Is makes it an [ErrInfinitePartition].
func (e InfinitePartitionError) Is(target error) bool { return target == ErrInfinitePartition }

// infinite says that Z is, and from which temperature on.
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

// eliminate leaves the solution of x = b + A·x in b, all in logs, or says that
// there is none: the sum over paths is infinite.
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

// logAdd is log(exp(x) + exp(y)).
func logAdd(x, y float64) float64 {
	if x < y {
		x, y = y, x
	}
	if math.IsInf(y, -1) {
		return x
	}
	return x + math.Log1p(math.Exp(y-x))
}

// CriticalTemperature is the temperature from which on Z over sequences of
// unlimited length is infinite: above 1, and +Inf where no context can come back.
// "end with probability e, else uniform over vocab tokens" has 1 −
// log(1−e)/log(vocab). Errors: [reference.ErrToken] when end is no token of the
// model's, and [reference.ErrNoSupport] when end never comes.
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
