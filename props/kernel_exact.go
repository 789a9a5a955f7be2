package props

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"temper/fixtures"
	"temper/props/verdict"
	"temper/reference"
)

// The exact answers are decoded once, when they are first needed.
var (
	exactLogSumExps = sync.OnceValue(fixtures.LogSumExp)
	exactLogProbses = sync.OnceValue(fixtures.LogProbs)
	exactAnneals    = sync.OnceValue(fixtures.Anneal)
	exactSamples    = sync.OnceValue(fixtures.Sample)
)

// exactCase is one case of the fixtures, whatever its operation: what to ask,
// and how far an answer is from the exact one.
type exactCase struct {
	fixtures.Case
	query
	row      []float32
	largest  float32 // logit of the row
	unit     float64 // of the row
	distance func(answer [][]float64) units
}

// units are a distance in both units of the table of bounds. An operation that has
// no bound in the unit of the token is 0 away in it.
type units struct{ row, token float64 }

// in measures a distance of one token's answer, in nats, in both units.
func (c exactCase) in(distance float64, token int) units {
	scale := tokenScale(c.row[token], c.largest, len(c.row), c.temperature)
	return units{distance / c.unit, distance / unitOf(scale)}
}

func (u units) or(other units) units {
	return units{math.Max(u.row, other.row), math.Max(u.token, other.token)}
}

func (c exactCase) String() string {
	return fmt.Sprintf("case %s (%v), T = %v, logits %s", c.ID, c.Flags, c.temperature, brief(c.logits))
}

// ofInput is what the cases of all operations have in common.
func ofInput(c fixtures.Case, in fixtures.Input, scale fixtures.Float) exactCase {
	e := exactCase{
		Case:  c,
		query: query{logits: in.Matrix(), rows: in.Rows, temperature: float64(in.Temperature)},
		unit:  unitOf(float64(scale)),
	}
	if c.Result != fixtures.Invalid {
		e.row = e.logits[:len(e.logits)/e.rows]
		e.largest = slices.Max(e.row)
	}
	return e
}

// exactCases lists the cases of an operation.
func exactCases(op operation) []exactCase {
	var cases []exactCase
	switch op.name {
	case "LogSumExp":
		for _, c := range exactLogSumExps() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.distance = func(answer [][]float64) units { return units{row: c.Want.Distance(answer[0][0]) / e.unit} }
			cases = append(cases, e)
		}
	case "LogProbs":
		for _, c := range exactLogProbses() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.tokens = slices.Clone(c.Tokens) // a subject that writes into them must not spoil the next one's
			e.distance = func(answer [][]float64) units { return e.furthest(c.Want, slices.Concat(answer...)) }
			cases = append(cases, e)
		}
	case "Anneal":
		for _, c := range exactAnneals() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.distance = func(answer [][]float64) units { return e.furthestProbability(c.Want, answer[0]) }
			cases = append(cases, e)
		}
	case "Sample":
		for _, c := range exactSamples() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.u = c.U()
			e.distance = func(answer [][]float64) units { return e.furthestToken(c.Draws, answer) }
			cases = append(cases, e)
		}
	}
	return cases
}

// furthest is the largest distance of log-probabilities from the exact ones.
func (c exactCase) furthest(want []fixtures.Answer, got []float64) units {
	var worst units
	for i, answer := range want {
		worst = worst.or(c.in(answer.Distance(got[i]), answer.Token))
	}
	return worst
}

// furthestProbability is the same for probabilities: log1p of the relative
// distance, what rounding to float32 explains taken off.
func (c exactCase) furthestProbability(want []fixtures.Answer, p []float64) units {
	var worst units
	for _, answer := range want {
		exact := float64(answer.Value)
		distance := answer.Distance(p[answer.Token])
		if rounding := exact*0x1p-24 + 0x1p-126; !(distance <= rounding) {
			worst = worst.or(c.in(math.Log1p((distance-rounding)/exact), answer.Token))
		}
	}
	return worst
}

// furthestToken is the largest distance of a wrong token's u from the interval of
// any token but the right one. The distribution function is that of all tokens,
// so that its unit is that of the largest logit.
func (c exactCase) furthestToken(draws []fixtures.Draw, tokens [][]float64) units {
	worst := 0.0
	for r, d := range draws {
		if token := int(tokens[r][0]); token != d.Token && !slices.Contains(d.Also, token) {
			worst = math.Max(worst, math.Max(float64(d.Margin), 0x1p-60))
		}
	}
	return c.in(worst, slices.Index(c.row, c.largest))
}

// inMustDomain says whether every correct implementation answers the case.
func (c exactCase) inMustDomain() bool {
	t := c.temperature
	if c.Result == fixtures.Invalid || t != 0 && !math.IsInf(t, 1) && (t < mustDomain.coldest || t > mustDomain.hottest) {
		return false
	}
	if t == 0 || t > 1 {
		t = 1
	}
	return !slices.ContainsFunc(c.logits, func(x float32) bool { return !isMasked(x) && math.Abs(float64(x))/t > mustDomain.largest })
}

// exactLaws hold every operation to the fixtures.
func exactLaws() []Law {
	var laws []Law
	for _, op := range exactOperations() {
		var known atomic.Pointer[distances] // what Exact has found, so that ExactEverywhere need not ask again
		all := func(id, claim string, level verdict.Level, judge func(reference.Kernels) error) Law {
			l := newLaw(Law{ID: op.name + "/" + id, Claim: claim, Source: "fixtures/v1, computed to 100 bits and more", Level: level, Applies: op.field()},
				op.provided, nil, func(k reference.Kernels, _ allCases) error { return judge(k) }, allCases(op.name))
			return l
		}
		must := all("Exact", "the answer is the exact one, within 64 + vocab/256 units of the row, in every case of the fixtures that every implementation answers", verdict.Must,
			func(k reference.Kernels) error { return agreesWithCases(op, k, &known) })
		must.note = func(subject any) string { return worstCase(op, subject.(reference.Kernels)) }
		laws = append(laws, must,
			all("ExactEverywhere", "in every case of the fixtures the answer is the exact one within 8 units, of the row and of the token, and what has no answer has the error named", verdict.Should,
				func(k reference.Kernels) error { return agreesWithAllCases(op, k, known.Load()) }))
	}
	return laws
}

// allCases is the input of a law that goes through the fixtures of an operation.
type allCases string

func (a allCases) String() string { return "the cases of fixtures/v1 for " + string(a) }

// distances are those of one subject's answers, by the case's ID.
type distances map[string]units

func agreesWithCases(op operation, k reference.Kernels, known *atomic.Pointer[distances]) error {
	all := distances{}
	cases := slices.DeleteFunc(exactCases(op), func(c exactCase) bool { return !c.inMustDomain() })
	err := each(cases, func(c exactCase) error {
		far, err := c.judge(op, k, units{mustUnits(len(c.row)), math.Inf(1)})
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
func (c exactCase) judge(op operation, k reference.Kernels, bound units) (far units, err error) {
	answer, err := op.answer(k, c.query)
	if err != nil {
		return units{}, fmt.Errorf("%v: %w", c, err)
	}
	far = c.distance(answer)
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

// sentinels are the errors that the fixtures name.
var sentinels = map[string]error{
	"ErrTemperature": reference.ErrTemperature, "ErrShape": reference.ErrShape, "ErrNaN": reference.ErrNaN, "ErrInf": reference.ErrInf,
	"ErrNoSupport": reference.ErrNoSupport, "ErrToken": reference.ErrToken, "ErrDraw": reference.ErrUniform,
}

func agreesWithAllCases(op operation, k reference.Kernels, known *distances) error {
	if known == nil {
		known = &distances{}
	}
	should := units{shouldUnits, shouldUnits}
	return each(exactCases(op), func(c exactCase) error {
		var err error
		if far, asked := (*known)[c.ID]; asked {
			err = c.within(far, should)
		} else if c.Result != fixtures.Invalid {
			_, err = c.judge(op, k, should)
		} else if _, got := op.ask(k, c.query); !errors.Is(got, sentinels[c.Error]) {
			err = fmt.Errorf("%v: error %v, want %s", c, got, c.Error)
		}
		return err
	})
}

// worstCase says how far the furthest answers are from the exact ones.
func worstCase(op operation, k reference.Kernels) string {
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
	note := fmt.Sprintf("%s of %s: worst error %.3g units of the row (case %s)", op.name, k.Name, row.units, row.where)
	if op.name != logSumExpOp.name {
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
