package props

import (
	"errors"
	"fmt"
	"math"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// badRowLaws are about one bad row, a law for each defect above T = 0 and one at
// T = 0. An error is right everywhere, and so is NaN from a numeric operation. What
// else a Must law lets pass is what is right in the limit, and a convention of
// libraries in wide use; BadRowsRefused asks for a refusal all the same.
func badRowLaws(op operation.Operation) []Law {
	const refuses = ": an error, NaN from a numeric operation"
	var laws []Law
	add := func(l Law, inputs domain, d operation.Defect, silent silence, temperature float64) {
		laws = append(laws, badRowLaw(op, l, inputs, []operation.Defect{d}, silent, temperature))
	}
	for _, at := range []struct {
		suffix, where string
		inputs        domain
		temperature   float64
	}{{"", "", mustAbove0, 1}, {"Greedy", " at T = 0", zero, 0}} {
		if op.NoZero && at.temperature == 0 {
			continue
		}
		add(Law{
			ID:     "NaN" + at.suffix,
			Claim:  "a row with NaN has no answer" + at.where + refuses + "; never a token, never uniform (a masked token may keep probability 0)",
			Source: "sglang#33206: NaN becomes uniform text; rten#1089, llama.cpp#26651: token 0",
		}, at.inputs, operation.NaNLogit(), noMass(op), at.temperature)
		// At T = +Inf a row with +Inf has two limits, the uniform distribution too.
		add(Law{
			ID:     "PlusInf" + at.suffix,
			Claim:  "a row with one +Inf has no answer" + at.where + refuses + "; or that of the limit, all mass on the token of +Inf",
			Source: "logits that overflow; NNlib.jl puts all mass there, log-sum-exp is +Inf in SciPy, matrixStats and gonum",
		}, at.inputs.finite(), operation.PlusInfLogit(), op.Peaked, at.temperature)
		add(Law{
			ID:     "NoSupport" + at.suffix,
			Claim:  "a row with nothing above −Inf has no answer" + at.where + refuses + ", or no mass on any token; never a token, never uniform",
			Source: "allennlp#890, onnxruntime Multinomial: all masked; log-sum-exp of nothing is −Inf in SciPy, matrixStats and gonum, masked softmaxes are 0",
		}, at.inputs, operation.NoSupport(), noMass(op), at.temperature)
	}
	greedyToo := []float64{1, 0}
	if op.NoZero {
		greedyToo = greedyToo[:1]
	}
	return append(append(laws, argumentLaws(op)...), badRowLaw(op, Law{
		ID:     "BadRowsRefused",
		Claim:  "a bad row is refused, greedy or not, whatever the convention: an error, or NaN from a numeric operation",
		Source: "contract",
		Level:  verdict.Should,
	}, domainOf(op), op.Defects(), never, greedyToo...))
}

// argumentLaws are about the other argument of a row, the token of LogProbs and the
// u of Sample.
func argumentLaws(op operation.Operation) []Law {
	switch op.Takes {
	case operation.Tokens:
		return []Law{badRowLaw(op, Law{
			ID:     "BadToken",
			Claim:  "a token outside the vocabulary has no log-probability: an error, NaN, or −Inf (gonum's Categorical), and no number",
			Source: "negative indices wrap around, as in Python; clamped indices score another token, as in JAX",
		}, mustDomain, op.Takes.Defects(), func(e operation.Element) bool { return math.IsInf(e.X, -1) }, 1, 0)}
	case operation.Uniforms:
		return []Law{badRowLaw(op, Law{
			ID:     "BadUniform",
			Claim:  "a u outside [0, 1) has no token: an error, unless one token has all mass; u = 1 may give the last token, and what is 0 within rounding the first",
			Source: "go#12290, v#16707: a uniform number rounds up to 1; NaN passes every comparison",
		}, mustAbove0, op.Takes.Defects(), rightForU, 1)}
	}
	return nil
}

// badRowLaw is a law about batches of one row that a defect makes bad; every defect
// is a witness at each of the temperatures.
func badRowLaw(op operation.Operation, l Law, inputs domain, defects []operation.Defect, silent silence, temperatures ...float64) Law {
	l.ID, l.Applies = op.Name+"/"+l.ID, partOf(op).words
	var witnesses []spoiled
	for _, t := range temperatures {
		witnesses = append(witnesses, everyDefect(defects, t)...)
	}
	return newLaw(l, op.Provided, spoiling(inputs.one(), defects), refusesRow(op, silent), witnesses...)
}

var errAnswered = errors.New("answered instead of refusing")

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

// rightForU lets pass three kinds of tokens, within the accuracy of F: for u = 1 one
// up to which all mass lies; for a u just below 0 one before which no mass lies;
// for any other u one that has all mass, which every u in [0, 1) gives.
func rightForU(e operation.Element) bool {
	if e.Token < 0 || e.Token >= len(e.Row) || isMasked(e.Row[e.Token]) {
		return false
	}
	cdf, before := distributionFunction(e.Row, e.Temperature), 0.0
	if e.Token > 0 {
		before = cdf[e.Token-1]
	}
	none := math.Expm1(slack(verdict.Must, e.Row, e.Temperature)) + 0x1p-50
	switch upTo := cdf[e.Token]; {
	case e.U == 1:
		return upTo >= 1-none
	case e.U < 0 && e.U > -0x1p-50:
		return before <= none
	default:
		return upTo-before >= 1-none
	}
}

// refusesRow asks about one bad row and judges every number of the answer.
func refusesRow(op operation.Operation, silent silence) func(reference.Kernels, spoiled) error {
	return func(k reference.Kernels, s spoiled) error {
		_, q := s.spoil()
		if s.defect.Reason != reference.ErrToken && s.defect.Reason != reference.ErrUniform {
			q = op.EveryWay(q)
		}
		return refusesAll(op, k, q, silent)
	}
}

// refusesAll checks that a query of nothing but bad rows has an error, any error.
// Numeric operations may also say NaN, and silent lets pass other numbers.
func refusesAll(op operation.Operation, k reference.Kernels, q operation.Query, silent silence) error {
	rows, err := op.Ask(k, q)
	if err != nil {
		return nil
	}
	for r, e := range op.Elements(q, rows) {
		if op.Numeric() && math.IsNaN(e.X) && !operation.IsUntouched(e.X) || silent(e) {
			continue
		}
		return fmt.Errorf("row %d: %w: %s", r, errAnswered, brief(rows[r]))
	}
	return nil
}
