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

// The exact answers are decoded once, by whoever first needs them.
var (
	exactLogSumExps = sync.OnceValue(fixtures.LogSumExp)
	exactLogProbses = sync.OnceValue(fixtures.LogProbs)
	exactAnneals    = sync.OnceValue(fixtures.Anneal)
	exactSamples    = sync.OnceValue(fixtures.Sample)
)

// exactCase is one case of the fixtures, whatever its operation: what to ask,
// and how far an answer is from the exact one, in units of the table of bounds.
type exactCase struct {
	fixtures.Case
	query
	scale    float64
	distance func(answer [][]float64) float64
}

func (c exactCase) String() string {
	return fmt.Sprintf("case %s (%v), T = %v, logits %s", c.ID, c.Flags, c.temperature, brief(c.logits))
}

// ofInput is what the cases of all operations have in common.
func ofInput(c fixtures.Case, in fixtures.Input, scale fixtures.Float) exactCase {
	return exactCase{
		Case:  c,
		query: query{logits: in.Matrix(), rows: in.Rows, temperature: float64(in.Temperature)},
		scale: unitOf(float64(scale)),
	}
}

// exactCases lists the cases of an operation.
func exactCases(op operation) []exactCase {
	var cases []exactCase
	switch op.name {
	case "LogSumExp":
		for _, c := range exactLogSumExps() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.distance = func(answer [][]float64) float64 { return c.Want.Distance(answer[0][0]) / e.scale }
			cases = append(cases, e)
		}
	case "LogProbs":
		for _, c := range exactLogProbses() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.tokens = c.Tokens
			e.distance = func(answer [][]float64) float64 { return furthest(c.Want, slices.Concat(answer...)) / e.scale }
			cases = append(cases, e)
		}
	case "Anneal":
		for _, c := range exactAnneals() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.distance = func(answer [][]float64) float64 { return furthestProbability(c.Want, answer[0]) / e.scale }
			cases = append(cases, e)
		}
	case "Sample":
		for _, c := range exactSamples() {
			e := ofInput(c.Case, c.Input, c.Scale)
			e.u = c.U()
			e.distance = func(answer [][]float64) float64 { return furthestToken(c.Draws, answer) / e.scale }
			cases = append(cases, e)
		}
	}
	return cases
}

// furthest is the largest distance of log-probabilities from the exact ones, in
// nats.
func furthest(want []fixtures.Answer, got []float64) float64 {
	worst := 0.0
	for i, answer := range want {
		worst = math.Max(worst, answer.Distance(got[i]))
	}
	return worst
}

// furthestProbability is the same for probabilities: log1p of the relative
// distance, what rounding to float32 explains taken off.
func furthestProbability(want []fixtures.Answer, p []float64) float64 {
	worst := 0.0
	for _, answer := range want {
		exact := float64(answer.Value)
		distance := answer.Distance(p[answer.Token])
		if rounding := exact*0x1p-24 + 0x1p-126; !(distance <= rounding) {
			worst = math.Max(worst, math.Log1p((distance-rounding)/exact))
		}
	}
	return worst
}

// furthestToken is the largest distance of a wrong token's u from the interval of
// any token but the right one.
func furthestToken(draws []fixtures.Draw, tokens [][]float64) float64 {
	worst := 0.0
	for r, d := range draws {
		if token := int(tokens[r][0]); token != d.Token && !slices.Contains(d.Also, token) {
			worst = math.Max(worst, math.Max(float64(d.Margin), 0x1p-60))
		}
	}
	return worst
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
		must := all("Exact", "the answer is the exact one, within 64 + vocab/256 units, in every case of the fixtures that every implementation answers", verdict.Must,
			func(k reference.Kernels) error { return agreesWithCases(op, k, &known) })
		must.note = func(subject any) string { return worstCase(op, subject.(reference.Kernels)) }
		laws = append(laws, must,
			all("ExactEverywhere", "in every case of the fixtures the answer is the exact one within 8 units, and what has no answer has the error named", verdict.Should,
				func(k reference.Kernels) error { return agreesWithAllCases(op, k, known.Load()) }))
	}
	return laws
}

// allCases is the input of a law that goes through the fixtures of an operation.
type allCases string

func (a allCases) String() string { return "the cases of fixtures/v1 for " + string(a) }

// distances are those of one subject's answers, in units, by the case's ID.
type distances map[string]float64

func agreesWithCases(op operation, k reference.Kernels, known *atomic.Pointer[distances]) error {
	all := distances{}
	for _, c := range exactCases(op) {
		if !c.inMustDomain() {
			continue
		}
		units, err := c.judge(op, k, mustUnits(len(c.logits)/c.rows))
		if err != nil {
			return err
		}
		all[c.ID] = units
	}
	known.Store(&all)
	return nil
}

// judge compares the answer with the exact one and says how far it is.
func (c exactCase) judge(op operation, k reference.Kernels, bound float64) (units float64, err error) {
	answer, err := op.answer(k, c.query)
	if err != nil {
		return 0, fmt.Errorf("%v: %w", c, err)
	}
	units = c.distance(answer)
	return units, c.within(units, bound)
}

// within says how far an answer is if it is too far.
func (c exactCase) within(units, bound float64) error {
	if !(units <= bound) {
		return fmt.Errorf("%v: %.3g units from the exact answer, bound %.3g", c, units, bound)
	}
	return nil
}

// sentinels are the errors that the fixtures name.
var sentinels = map[string]error{
	"ErrTemperature": reference.ErrTemperature, "ErrShape": reference.ErrShape, "ErrNaN": reference.ErrNaN, "ErrInf": reference.ErrInf,
	"ErrNoSupport": reference.ErrNoSupport, "ErrToken": reference.ErrToken, "ErrDraw": reference.ErrDraw,
}

func agreesWithAllCases(op operation, k reference.Kernels, known *distances) error {
	if known == nil {
		known = &distances{}
	}
	for _, c := range exactCases(op) {
		var err error
		if units, asked := (*known)[c.ID]; asked {
			err = c.within(units, shouldUnits)
		} else if c.Result != fixtures.Invalid {
			_, err = c.judge(op, k, shouldUnits)
		} else if _, got := op.ask(k, c.query); !errors.Is(got, sentinels[c.Error]) {
			err = fmt.Errorf("%v: error %v, want %s", c, got, c.Error)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// worstCase says how far the furthest answer is from the exact one.
func worstCase(op operation, k reference.Kernels) string {
	worst, where := 0.0, "no case"
	for _, c := range exactCases(op) {
		if !c.inMustDomain() {
			continue
		}
		if units, err := c.judge(op, k, math.Inf(1)); err == nil && units >= worst {
			worst, where = units, c.ID
		}
	}
	return fmt.Sprintf("%s of %s: worst error %.3g units (case %s)", op.name, k.Name, worst, where)
}
