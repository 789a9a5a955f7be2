package reference

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Sampler is one implementation of sampling with cuts, row by row, from the distribution
// that the steps of its [Convention] leave: p(v)^(1/T) on the tokens that are kept,
// renormalised, and 0 on all others. A nil field is not provided.
//
// # Shapes
//
// Logits form a row-major matrix, one row for each element of how: vocab = len(logits) /
// len(how). Every row has settings of its own.
//
// # Errors
//
// Bad rows are those of [Kernels], and those whose settings are out of range
// ([ErrTemperature], [ErrSampling]) or need a step that the convention does not provide.
// Every good row is written, the elements of bad rows stay untouched, and the error, a
// [RowErrors], names them. Wrong shapes ([ErrShape]) and an order with unknown or
// repeated steps ([ErrSampling]) are found before anything is written.
type Sampler struct {
	Name      string
	Requires  string // CPU features, "" for none
	Available bool   // this machine can run it

	Convention Convention

	// Keep: dst_rv says whether token v of row r is kept, len(dst) = len(logits).
	Keep func(dst []bool, logits []float32, how []Sampling) error

	// LogProbs: dst[r] = log p_r(t) in nats for t = tokens[r], −Inf for a token that is
	// cut.
	LogProbs func(dst []float64, logits []float32, tokens []int, how []Sampling) error

	// Sample: dst[r] is the token i with F(i−1) ≤ u[r] < F(i), F the distribution
	// function of p_r in vocabulary order, u in [0, 1).
	Sample func(dst []int, logits []float32, u []float64, how []Sampling) error

	// Draw: dst[r] is drawn from p_r. How many words of src it takes, and in which
	// order, is up to the implementation. A nil src is [ErrNil], except where all rows
	// are greedy.
	Draw func(dst []int, logits []float32, src rand.Source, how []Sampling) error
}

// ScalarSampler returns the reference for a convention: a sort of each row, in float64,
// straight from the formulas. Its Draw takes one word of src for every good row that is
// not greedy.
func ScalarSampler(c Convention) Sampler {
	c.Order = slices.Clone(c.Order)
	return Sampler{
		Name: c.Name, Available: true, Convention: c,
		Keep: c.keep, LogProbs: c.logProbs, Sample: c.sample, Draw: c.draw,
	}
}

func (c Convention) keep(dst []bool, logits []float32, how []Sampling) error {
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), ErrShape)
	}
	return c.eachRow(logits, how, func(r int, row []float32) error {
		copy(dst[r*len(row):], c.rank(row, how[r]).mark(len(row)))
		return nil
	})
}

func (c Convention) logProbs(dst []float64, logits []float32, tokens []int, how []Sampling) error {
	if len(dst) != len(how) || len(tokens) != len(how) {
		return fmt.Errorf("%d places and %d tokens for %d rows: %w", len(dst), len(tokens), len(how), ErrShape)
	}
	return c.eachRow(logits, how, func(r int, row []float32) error {
		if err := CheckToken(tokens[r], len(row)); err != nil {
			return err
		}
		dst[r] = c.rank(row, how[r]).logProbs(len(row))[tokens[r]]
		return nil
	})
}

func (c Convention) sample(dst []int, logits []float32, u []float64, how []Sampling) error {
	if len(dst) != len(how) || len(u) != len(how) {
		return fmt.Errorf("%d places and %d uniform numbers for %d rows: %w", len(dst), len(u), len(how), ErrShape)
	}
	return c.eachRow(logits, how, func(r int, row []float32) error {
		if err := CheckUniform(u[r]); err != nil {
			return err
		}
		dst[r] = c.invert(row, how[r], u[r])
		return nil
	})
}

func (c Convention) draw(dst []int, logits []float32, src rand.Source, how []Sampling) error {
	if len(dst) != len(how) {
		return fmt.Errorf("%d places for %d rows: %w", len(dst), len(how), ErrShape)
	}
	if slices.ContainsFunc(how, func(s Sampling) bool { return !c.greedy(s) }) {
		if err := CheckSource(src); err != nil {
			return err
		}
	}
	return c.eachRow(logits, how, func(r int, row []float32) error {
		u := 0.0
		if !c.greedy(how[r]) {
			u = Uniform(src)
		}
		dst[r] = c.invert(row, how[r], u)
		return nil
	})
}

// eachRow computes the good rows with good settings one by one and collects the errors
// of the others.
func (c Convention) eachRow(logits []float32, how []Sampling, compute func(r int, row []float32) error) error {
	if err := c.checkOrder(); err != nil {
		return err
	}
	return eachRow(logits, len(how), func(r int, row []float32) error {
		if err := c.Check(how[r]); err != nil {
			return err
		}
		return compute(r, row)
	})
}

// rank returns a good row after the steps of the convention.
func (c Convention) rank(row []float32, how Sampling) *ranked {
	r := rank(row)
	if c.greedy(how) {
		r.kept = 1
		return r
	}
	for _, step := range c.Order {
		r.step(step, c, how, 0)
	}
	return r
}

// invert returns the token of a good row with F(i−1) ≤ u < F(i).
func (c Convention) invert(row []float32, how Sampling, u float64) int {
	return invert(c.rank(row, how).logProbs(len(row)), u, 1)
}

// Band returns which tokens of one row a correct implementation surely keeps, and which
// it possibly keeps. They differ where a token is so near the border of TopP or MinP that
// an error of the log-probabilities of up to slack nats decides. The masses that TopP
// compares may be off by expm1(slack). Equal logits are exact: ties make no band. At
// T = +Inf the tokens that a cut keeps depend on which others are left, so that after an
// uncertain cut no token is sure if another cut follows. A slack below 0 or NaN is
// [ErrSampling].
//
// As an example, the probabilities ½, ¼, ¼ and TopP = ½ surely keep token 0. At a slack
// of 1e-6 they possibly keep token 1 too, whose M(v) = ½ is the border.
func (c Convention) Band(row []float32, how Sampling, slack float64) (surely, possibly []bool, err error) {
	if err := c.checkOrder(); err != nil {
		return nil, nil, err
	}
	if err := CheckRow(row); err != nil {
		return nil, nil, err
	}
	if err := c.Check(how); err != nil {
		return nil, nil, err
	}
	if !(slack >= 0) {
		return nil, nil, fmt.Errorf("slack %v is below 0: %w", slack, ErrSampling)
	}
	if c.greedy(how) {
		kept := c.rank(row, how).mark(len(row))
		return kept, slices.Clone(kept), nil
	}
	fewer, more := rank(row), rank(row)
	for i, step := range c.Order {
		fewer.step(step, c, how, -slack)
		more.step(step, c, how, slack)
		if step == Temper && math.IsInf(how.Temperature, 1) && fewer.kept < more.kept && how.cuts(c.Order[i+1:]) {
			return make([]bool, len(row)), more.mark(len(row)), nil
		}
	}
	return fewer.mark(len(row)), more.mark(len(row)), nil
}
