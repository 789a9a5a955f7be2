package props

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"temper/fixtures"
	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// exactCase is one case of the fixtures with the units that answers are judged in.
type exactCase struct {
	operation.Case
	row     []float32
	largest float32 // logit of the row
	unit    float64 // of the row
}

// units are a distance in both units of the table of bounds. An operation that has
// no bound in the unit of the token is 0 away in it.
type units struct{ row, token float64 }

// in measures a distance in both units.
func (c exactCase) in(d operation.Distance) units {
	if d.Token == operation.WholeRow {
		return units{row: d.Nats / c.unit}
	}
	scale := accuracy.ScaleOfToken(c.row[d.Token], c.largest, len(c.row), c.Temperature)
	return units{d.Nats / c.unit, d.Nats / accuracy.Ulp(scale)}
}

func (u units) or(other units) units {
	return units{math.Max(u.row, other.row), math.Max(u.token, other.token)}
}

func (c exactCase) String() string {
	return fmt.Sprintf("case %s (%v), T = %v, logits %s", c.ID, c.Flags, c.Temperature, brief(c.Logits))
}

// exactCases lists the cases of an operation.
func exactCases(op operation.Operation) []exactCase {
	var cases []exactCase
	for _, c := range op.Cases() {
		e := exactCase{Case: c, unit: accuracy.Ulp(c.Scale)}
		if c.Result != fixtures.Invalid {
			e.row = c.Row()
			e.largest = slices.Max(e.row)
		}
		cases = append(cases, e)
	}
	return cases
}

// furthest is the largest distance of an answer from the exact one.
func (c exactCase) furthest(answer [][]float64) units {
	var worst units
	for _, d := range c.Distances(answer) {
		worst = worst.or(c.in(d))
	}
	return worst
}

// inMustDomain reports whether every correct implementation has a result for the case.
func (c exactCase) inMustDomain() bool {
	t := c.Temperature
	if c.Result == fixtures.Invalid || t != 0 && !math.IsInf(t, 1) && (t < mustDomain.coldest || t > mustDomain.hottest) {
		return false
	}
	if t == 0 || t > 1 {
		t = 1
	}
	return !slices.ContainsFunc(c.Logits, func(x float32) bool { return !isMasked(x) && math.Abs(float64(x))/t > mustDomain.largest })
}

// exactLaws hold every operation to the fixtures.
func exactLaws() []Law {
	var laws []Law
	for _, op := range operationsThat(func(op operation.Operation) bool { return op.Cases != nil }) {
		known := new(atomic.Pointer[distances])
		laws = append(laws, exactLaw(op, known), exactEverywhereLaw(op, known))
	}
	return laws
}

type casesLaw = law[reference.Kernels, allCases]

// allCases is the input of a law that goes through the fixtures of an operation.
type allCases string

func (a allCases) String() string { return "the cases of fixtures/v1 for " + string(a) }

// distances are those of one subject's answers, by the case's ID: what Exact has
// found, so that ExactEverywhere need not ask again.
type distances map[string]units

const exactSource = "fixtures/v1, computed to 100 bits and more"

func exactLaw(op operation.Operation, known *atomic.Pointer[distances]) Law {
	return casesLaw{
		id:        op.Name + "/Exact",
		claim:     "the answer is the exact one, within 64 + vocab/256 units of the row, in every case of the fixtures that every implementation answers",
		source:    exactSource,
		of:        partOf(op),
		witnesses: []allCases{allCases(op.Name)},
		judge:     func(k reference.Kernels, _ allCases) error { return agreesWithCases(op, k, known) },
		note:      func(k reference.Kernels) string { return worstCase(op, k) },
	}.erased()
}

func agreesWithCases(op operation.Operation, k reference.Kernels, known *atomic.Pointer[distances]) error {
	all := distances{}
	cases := slices.DeleteFunc(exactCases(op), func(c exactCase) bool { return !c.inMustDomain() })
	err := each(cases, func(c exactCase) error {
		far, err := c.judge(op, k, units{accuracy.MustUnits(len(c.row)), math.Inf(1)})
		if err == nil {
			all[c.ID] = far
		}
		return err
	})
	if err == nil {
		known.Store(&all)
	}
	return err
}

// judge compares the answer with the exact one and says how far it is.
func (c exactCase) judge(op operation.Operation, k reference.Kernels, bound units) (far units, err error) {
	answer, err := op.Answer(k, c.Query)
	if err != nil {
		return units{}, fmt.Errorf("%v: %w", c, err)
	}
	far = c.furthest(answer)
	return far, c.within(far, bound)
}

// within says how far an answer is if it is too far.
func (c exactCase) within(far, bound units) error {
	if !(far.row <= bound.row) {
		return fmt.Errorf("%v: %.3g units of the row from the exact answer, bound %.3g", c, far.row, bound.row)
	}
	if !(far.token <= bound.token) {
		return fmt.Errorf("%v: %.3g units of the token from the exact answer, bound %.3g", c, far.token, bound.token)
	}
	return nil
}

func exactEverywhereLaw(op operation.Operation, known *atomic.Pointer[distances]) Law {
	return casesLaw{
		id:        op.Name + "/ExactEverywhere",
		claim:     "in every case of the fixtures the answer is the exact one within 8 units, of the row and of the token, and what has no answer has the error named",
		source:    exactSource,
		level:     verdict.Should,
		of:        partOf(op),
		witnesses: []allCases{allCases(op.Name)},
		judge:     func(k reference.Kernels, _ allCases) error { return agreesWithAllCases(op, k, known.Load()) },
	}.erased()
}

func agreesWithAllCases(op operation.Operation, k reference.Kernels, known *distances) error {
	if known == nil {
		known = &distances{}
	}
	should := units{accuracy.ShouldUnits, accuracy.ShouldUnits}
	return each(exactCases(op), func(c exactCase) error {
		var err error
		if far, asked := (*known)[c.ID]; asked {
			err = c.within(far, should)
		} else if c.Result != fixtures.Invalid {
			_, err = c.judge(op, k, should)
		} else if _, got := op.Ask(k, c.Query); !errors.Is(got, operation.Sentinel(c.Error)) {
			err = fmt.Errorf("%v: %s, want %s", c, said(got), c.Error)
		}
		return err
	})
}

// worstCase says how far the furthest answers are from the exact ones.
func worstCase(op operation.Operation, k reference.Kernels) string {
	var row, token worst
	for _, c := range exactCases(op) {
		if !c.inMustDomain() {
			continue
		}
		var far units
		left, err := unlessWithheld(func() (err error) {
			far, err = c.judge(op, k, units{math.Inf(1), math.Inf(1)})
			return err
		})
		if left == nil && err == nil {
			row.take(far.row, c.ID)
			token.take(far.token, c.ID)
		}
	}
	note := fmt.Sprintf("%s of %s: worst error %.3g units of the row (case %s)", op.Name, k.Name, row.units, row.where)
	if op.OfTokens() {
		note += fmt.Sprintf(", %.3g units of the token (case %s)", token.units, token.where)
	}
	return note
}

// worst is the largest of several distances, and the case that it was seen in.
type worst struct {
	units float64
	where string
}

func (w *worst) take(units float64, where string) {
	if units >= w.units {
		w.units, w.where = units, where
	}
}
