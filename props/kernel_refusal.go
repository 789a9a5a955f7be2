package props

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// badRowLaws are about one bad row, a law for each defect above T = 0 and one at
// T = 0. An error is right everywhere, and so is NaN from a numeric operation. What
// else a Must law lets pass is what is right in the limit, and a convention of
// libraries in wide use; BadRowsRefused asks for a refusal all the same.
func badRowLaws(op operation.Operation) []Law {
	var laws []Law
	for _, at := range regimesOf(op) {
		laws = append(laws, nanLaw(op, at), plusInfLaw(op, at), noSupportLaw(op, at))
	}
	switch op.Takes {
	case operation.Tokens:
		laws = append(laws, badTokenLaw(op))
	case operation.Uniforms:
		laws = append(laws, badUniformLaw(op))
	}
	return append(laws, badRowsRefusedLaw(op))
}

// regime is a part of the temperatures that has laws of its own about bad rows.
type regime struct {
	suffix, where string // of the law's ID, and in its claim
	temperatures  domain
	witness       float64
}

// regimesOf are T > 0 and, where the operation has a value there, T = 0.
func regimesOf(op operation.Operation) []regime {
	regimes := []regime{{"", "", mustAbove0, 1}, {"Greedy", " at T = 0", zero, 0}}
	if op.NoZero {
		return regimes[:1]
	}
	return regimes
}

const refuses = ": an error, NaN from a numeric operation"

func nanLaw(op operation.Operation, at regime) Law {
	defects := []operation.Defect{operation.NaNLogit()}
	return spoiledLaw{
		id:        op.Name + "/NaN" + at.suffix,
		claim:     "a row with NaN has no answer" + at.where + refuses + "; never a token, never uniform (a masked token may keep probability 0)",
		source:    "sglang#33206: NaN becomes uniform text; rten#1089, llama.cpp#26651: token 0",
		of:        partOf(op),
		inputs:    spoiling(at.temperatures.one(), defects),
		covered:   spoilingEach(at.temperatures, 64, defects),
		witnesses: everyDefect(defects, at.witness),
		judge:     refusesRow(op, noMass(op)),
	}.erased()
}

// At T = +Inf a row with +Inf has two limits, the uniform distribution too.
func plusInfLaw(op operation.Operation, at regime) Law {
	defects := []operation.Defect{operation.PlusInfLogit(), twoPlusInf}
	return spoiledLaw{
		id:        op.Name + "/PlusInf" + at.suffix,
		claim:     "a row with +Inf has no answer" + at.where + refuses + "; or that of the limit, all mass on the tokens of +Inf",
		source:    "logits that overflow; NNlib.jl puts all mass there, log-sum-exp is +Inf in SciPy, matrixStats and gonum",
		of:        partOf(op),
		inputs:    spoiling(at.temperatures.finite().one(), defects),
		covered:   spoilingEach(at.temperatures.finite(), 1, defects),
		witnesses: everyDefect(defects, at.witness),
		judge:     refusesRow(op, op.Peaked),
	}.erased()
}

func noSupportLaw(op operation.Operation, at regime) Law {
	defects := []operation.Defect{operation.NoSupport()}
	return spoiledLaw{
		id:        op.Name + "/NoSupport" + at.suffix,
		claim:     "a row with nothing above −Inf has no answer" + at.where + refuses + ", or no mass on any token; never a token, never uniform",
		source:    "allennlp#890, onnxruntime Multinomial: all masked; log-sum-exp of nothing is −Inf in SciPy, matrixStats and gonum, masked softmaxes are 0",
		of:        partOf(op),
		inputs:    spoiling(at.temperatures.one(), defects),
		covered:   spoilingEach(at.temperatures, 64, defects),
		witnesses: everyDefect(defects, at.witness),
		judge:     refusesRow(op, noMass(op)),
	}.erased()
}

func badTokenLaw(op operation.Operation) Law {
	defects := op.Takes.Defects()
	return spoiledLaw{
		id:        op.Name + "/BadToken",
		claim:     "a token outside the vocabulary has no log-probability: an error, NaN, or −Inf (gonum's Categorical), and no number",
		source:    "negative indices wrap around, as in Python; clamped indices score another token, as in JAX",
		of:        partOf(op),
		inputs:    spoiling(mustDomain.one(), defects),
		covered:   spoilingEach(mustDomain, 1, defects),
		witnesses: everyDefect(defects, 1, 0),
		judge:     refusesRow(op, func(e operation.Element) bool { return math.IsInf(e.X, -1) }),
	}.erased()
}

func badUniformLaw(op operation.Operation) Law {
	defects := op.Takes.Defects()
	return spoiledLaw{
		id:        op.Name + "/BadUniform",
		claim:     "a u outside [0, 1) has no token: an error, unless one token has all mass; u = 1 may give the last token, and what is 0 within rounding the first",
		source:    "go#12290, v#16707: a uniform number rounds up to 1; NaN passes every comparison",
		of:        partOf(op),
		inputs:    spoiling(mustAbove0.one(), defects),
		covered:   spoilingEach(mustAbove0, 1, defects),
		witnesses: everyDefect(defects, 1),
		judge:     refusesRow(op, rightForU),
	}.erased()
}

// rightForU lets pass three kinds of tokens, within the accuracy of F: for u = 1 one
// up to which all mass lies; for a u just below 0 one before which no mass lies;
// for any other u one that has all mass, which every u in [0, 1) gives.
func rightForU(e operation.Element) bool {
	if e.Token < 0 || e.Token >= len(e.Row) || isMasked(e.Row[e.Token]) {
		return false
	}
	before, upTo := interval(distributionFunction(e.Row, e.Temperature), e.Token)
	none := accuracy.IntervalTolerance(accuracy.Slack(verdict.Must, e.Row, e.Temperature))
	switch {
	case e.U == 1:
		return upTo >= 1-none
	case e.U < 0 && e.U > -0x1p-50:
		return before <= none
	default:
		return upTo-before >= 1-none
	}
}

func badRowsRefusedLaw(op operation.Operation) Law {
	var witnesses []spoiled
	for _, at := range regimesOf(op) {
		witnesses = append(witnesses, everyDefect(defectsOf(op), at.witness)...)
	}
	return spoiledLaw{
		id:        op.Name + "/BadRowsRefused",
		claim:     "a bad row is refused, greedy or not, whatever the convention: an error, or NaN from a numeric operation",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		inputs:    spoiling(domainOf(op).one(), defectsOf(op)),
		covered:   spoilingEach(domainOf(op), 1, defectsOf(op)),
		witnesses: witnesses,
		judge:     refusesRow(op, never),
	}.erased()
}

var errAnswered = errors.New("answered instead of refusing")

// answered is the finding that what has to be refused has an answer, or nothing at all.
func answered(row []float64) error {
	if !slices.ContainsFunc(row, func(x float64) bool { return !operation.IsUntouched(x) }) {
		return operation.ErrUnwritten
	}
	return fmt.Errorf("%w: %s", errAnswered, brief(row))
}

// A silence says whether a number is let pass for a bad row, because it claims
// nothing that is wrong.
type silence func(operation.Element) bool

// never lets no number pass.
func never(operation.Element) bool { return false }

// noMass lets pass that a masked token has no mass, and that the log-sum-exp of
// masked tokens alone is −Inf.
func noMass(op operation.Operation) silence {
	if op.Empty == nil {
		return never
	}
	return op.Empty
}

// refusesRow asks about one bad row, in every way where it is alone, and judges every
// number of its answer.
func refusesRow(op operation.Operation, silent silence) func(reference.Kernels, spoiled) error {
	return func(k reference.Kernels, s spoiled) error {
		_, q := s.spoil()
		if len(s.rows) > 1 {
			return refusesWhere(op, k, q, func(row int) string {
				if row != s.row {
					return ""
				}
				return rowNumber(row)
			}, silent)
		}
		if s.defect.Reason != reference.ErrToken && s.defect.Reason != reference.ErrUniform {
			q = op.EveryWay(q)
		}
		return refusesWhere(op, k, q, func(way int) string { return askedIn(op, q, way) }, silent)
	}
}

// refusesAll checks that a query of nothing but bad rows has an error, any error.
// Numeric operations may also say NaN, and silent lets pass other numbers.
func refusesAll(op operation.Operation, k reference.Kernels, q operation.Query, silent silence) error {
	return refusesWhere(op, k, q, rowNumber, silent)
}

func rowNumber(row int) string { return fmt.Sprintf("row %d", row) }

// askedIn is what one row is asked in one of several ways.
func askedIn(op operation.Operation, q operation.Query, way int) string {
	switch op.Takes {
	case operation.Tokens:
		return fmt.Sprintf("asked for token %d", q.Tokens[way])
	case operation.Uniforms:
		return fmt.Sprintf("asked with u = %v", q.U[way])
	}
	return "the bad row"
}

// refusesWhere is the same for a query in which some rows are bad: those that have a name.
func refusesWhere(op operation.Operation, k reference.Kernels, q operation.Query, bad func(row int) string, silent silence) error {
	rows, err := op.Ask(k, q)
	if err != nil {
		return nil
	}
	for r, e := range op.Elements(q, rows) {
		name := bad(r)
		if name == "" || op.Numeric() && math.IsNaN(e.X) && !operation.IsUntouched(e.X) || silent(e) {
			continue
		}
		return fmt.Errorf("%s: %w", name, answered(rows[r]))
	}
	return nil
}
