package sequence

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"

	"gonum.org/v1/gonum/graph/simple"
	"gonum.org/v1/gonum/graph/topo"
)

const (
	perronTolerance = 1e-13
	perronRounds    = 200_000
)

// step is a transition to a context with the logarithm of its weight.
type step struct {
	to     int
	weight float64
}

// steps is a non-negative matrix, row by row.
type steps [][]step

// steps restricts the transitions of the model to contexts, with weights of the
// caller's; tokens of probability 0, and end, lead nowhere.
func (m *Markov) steps(contexts []int, end int, weight func(c, v int) float64) steps {
	place := make(map[int]int, len(contexts))
	for i, c := range contexts {
		place[c] = i
	}
	s := make(steps, len(contexts))
	for i, c := range contexts {
		for v, logp := range m.row(c) {
			if v == end || math.IsInf(logp, -1) {
				continue
			}
			if j, ok := place[m.shift(c, v)]; ok {
				s[i] = append(s[i], step{j, weight(c, v)})
			}
		}
	}
	return s
}

// classes lists the strongly connected parts that hold a cycle: a non-negative
// matrix has the eigenvalues of those, and 0.
func (s steps) classes() [][]int {
	g := simple.NewDirectedGraph()
	loops := make([]bool, len(s))
	for i := range s {
		g.AddNode(simple.Node(i))
	}
	for i, row := range s {
		for _, to := range row {
			if to.to == i {
				loops[i] = true
			} else {
				g.SetEdge(g.NewEdge(simple.Node(i), simple.Node(to.to)))
			}
		}
	}
	var classes [][]int
	for _, component := range topo.TarjanSCC(g) {
		if len(component) == 1 && !loops[component[0].ID()] {
			continue
		}
		class := make([]int, len(component))
		for i, node := range component {
			class[i] = int(node.ID())
		}
		classes = append(classes, class)
	}
	return classes
}

// within keeps the steps inside a class and numbers its contexts anew.
func (s steps) within(class []int) steps {
	place := make(map[int]int, len(class))
	for i, c := range class {
		place[c] = i
	}
	inner := make(steps, len(class))
	for i, c := range class {
		for _, to := range s[c] {
			if j, ok := place[to.to]; ok {
				inner[i] = append(inner[i], step{j, to.weight})
			}
		}
	}
	return inner
}

// transposed reverses every step.
func (s steps) transposed() steps {
	t := make(steps, len(s))
	for i, row := range s {
		for _, to := range row {
			t[to.to] = append(t[to.to], step{i, to.weight})
		}
	}
	return t
}

// raised takes every weight to a power.
func (s steps) raised(exponent float64) steps {
	r := make(steps, len(s))
	for i, row := range s {
		for _, to := range row {
			r[i] = append(r[i], step{to.to, exponent * to.weight})
		}
	}
	return r
}

// perron is the logarithm of the spectral radius of an irreducible matrix, and
// its positive eigenvector: A·x = ρ·x. It multiplies by A + ρ, whose spectral
// radius no other eigenvalue shares even where A is periodic, until the bounds
// min_i (Ax)_i/x_i ≤ ρ ≤ max_i (Ax)_i/x_i agree within 1e-13, or reports
// [ErrConvergence].
//
// Source: Perron (1907), Frobenius (1912); the bounds are Collatz's (1942).
func (s steps) perron() (logRadius float64, vector []float64, err error) {
	top := math.Inf(-1)
	for _, row := range s {
		for _, to := range row {
			top = math.Max(top, to.weight)
		}
	}
	weights := make([][]float64, len(s))
	for i, row := range s {
		weights[i] = make([]float64, len(row))
		for k, to := range row {
			weights[i][k] = math.Exp(to.weight - top)
		}
	}
	x, y := make([]float64, len(s)), make([]float64, len(s))
	for i := range x {
		x[i] = 1
	}
	for range perronRounds {
		low, high := math.Inf(1), 0.0
		for i, row := range s {
			y[i] = 0
			for k, to := range row {
				y[i] += weights[i][k] * x[to.to]
			}
			low, high = math.Min(low, y[i]/x[i]), math.Max(high, y[i]/x[i])
		}
		shift, most := (low+high)/2, 0.0
		if high-low <= perronTolerance*high {
			return top + math.Log(shift), x, nil
		}
		for i := range x {
			x[i] = y[i] + shift*x[i]
			most = math.Max(most, x[i])
		}
		for i := range x {
			x[i] /= most
		}
	}
	return 0, nil, fmt.Errorf("spectral radius of %d contexts after %d rounds: %w", len(s), perronRounds, ErrConvergence)
}

// AnnealingRates holds how much each more token adds, in the limit of long sequences,
// to log Z, to both divergences between per-step annealing q and whole-sequence
// annealing π, and to log ESS/N, the logarithm of [Divergence.EffectiveSampleShare].
// All are in nats per token.
type AnnealingRates struct {
	LogPartition   float64 // log Z per token
	PerStepToWhole float64 // KL(q ‖ π) per token, +Inf if q can reach a context that nothing follows
	WholeToPerStep float64 // KL(π ‖ q) per token

	// LogEffectiveSampleRate is log ESS/N per token, at most 0. As an example, with
	// −0.02 each 100 tokens multiply ESS/N by exp(−2) = 0.14.
	LogEffectiveSampleRate float64
}

// NewAnnealingRates returns the rates: λ(0) for log Z, λ(0) − λ′(−1) for KL(q ‖ π),
// λ′(0) − λ(0) for KL(π ‖ q), and 2λ(0) − λ(1) for log ESS/N. λ(g) is the logarithm of
// the spectral radius (Perron root) of the matrix p(v | c)^(1/T)·z(c)^g between
// contexts. λ′(g) is the mean of log z under the product of its left and right
// eigenvectors.
//
// Errors: [reference.ErrTemperature] for T outside (0, +Inf]; [reference.ErrShape] for
// a model with an end, or with contexts that form more than one class that sequences
// can return to, or none; [ErrConvergence].
func NewAnnealingRates(m *Markov, temperature float64) (AnnealingRates, error) {
	if err := checkVocab(m.VocabSize()); err != nil {
		return AnnealingRates{}, err
	}
	if !(temperature > 0) {
		return AnnealingRates{}, fmt.Errorf("rates at temperature %v: %w", temperature, reference.ErrTemperature)
	}
	if m.end >= 0 {
		return AnnealingRates{}, fmt.Errorf("rates of a model whose sequences end: %w", reference.ErrShape)
	}
	contexts, _ := (&AnnealedMarkov{markov: m, end: -1}).reachable(m.start())
	classes := m.steps(contexts, -1, func(c, v int) float64 { return 0 }).classes()
	if len(classes) != 1 {
		return AnnealingRates{}, fmt.Errorf("contexts settle in %d classes, not 1: %w", len(classes), reference.ErrShape)
	}
	class := make([]int, len(classes[0]))
	for i, at := range classes[0] {
		class[i] = contexts[at]
	}
	_, slopeMinus1, err := m.tilted(class, temperature, -1)
	if err != nil {
		return AnnealingRates{}, err
	}
	at0, slope0, err := m.tilted(class, temperature, 0)
	if err != nil {
		return AnnealingRates{}, err
	}
	at1, _, err := m.tilted(class, temperature, 1)
	if err != nil {
		return AnnealingRates{}, err
	}
	perStepToWhole := max(0, at0-slopeMinus1) // λ(−1) = 0: q is a distribution
	if slices.ContainsFunc(contexts, m.deadEnd) {
		perStepToWhole = math.Inf(1)
	}
	return AnnealingRates{at0, perStepToWhole, max(0, slope0-at0), min(0, 2*at0-at1)}, nil
}

// tilted returns λ(g) and λ′(g).
func (m *Markov) tilted(class []int, temperature, g float64) (lambda, slope float64, err error) {
	local := make([]float64, len(class))
	byContext := make(map[int]float64, len(class))
	for i, c := range class {
		local[i] = logSumExp(m.row(c), temperature)
		byContext[c] = local[i]
	}
	s := m.steps(class, -1, func(c, v int) float64 {
		return m.row(c)[v]/temperature + g*byContext[c]
	})
	lambda, right, err := s.perron()
	if err != nil {
		return 0, 0, err
	}
	_, left, err := s.transposed().perron()
	if err != nil {
		return 0, 0, err
	}
	var total, weighted float64
	for i, log := range local {
		total += left[i] * right[i]
		weighted += left[i] * right[i] * log
	}
	return lambda, weighted / total, nil
}
