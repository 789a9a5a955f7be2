package props

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// badRowLaws are about one bad row, a law for each defect above T = 0 and one at
// T = 0. An error is right everywhere, and so is NaN from a numeric operation. What
// else a Must law lets pass is what is right in the limit, and a convention of
// libraries in wide use; BadRowsRefused asks for a refusal all the same.
func badRowLaws(op operation) []Law {
	const refuses = ": an error, NaN from a numeric operation"
	var laws []Law
	add := func(l Law, inputs domain, d defect, silent silence, temperature float64) {
		laws = append(laws, badRowLaw(op, l, inputs, []defect{d}, silent, temperature))
	}
	for _, at := range []struct {
		suffix, where string
		inputs        domain
		temperature   float64
	}{{"", "", mustAbove0, 1}, {"Greedy", " at T = 0", zero, 0}} {
		if op.needsHot && at.temperature == 0 {
			continue
		}
		add(Law{
			ID:     "NaN" + at.suffix,
			Claim:  "a row with NaN has no answer" + at.where + refuses + "; never a token, never uniform (a masked token may keep probability 0)",
			Source: "sglang#33206: NaN becomes uniform text; rten#1089, llama.cpp#26651: token 0",
		}, at.inputs, nanDefect(), onlyMasked, at.temperature)
		// At T = +Inf a row with +Inf has two limits, the uniform distribution too.
		add(Law{
			ID:     "PlusInf" + at.suffix,
			Claim:  "a row with one +Inf has no answer" + at.where + refuses + "; or that of the limit, all mass on the token of +Inf",
			Source: "logits that overflow; NNlib.jl puts all mass there, log-sum-exp is +Inf in SciPy, matrixStats and gonum",
		}, at.inputs.finite(), plusInfDefect(), certainOfInf, at.temperature)
		add(Law{
			ID:     "NoSupport" + at.suffix,
			Claim:  "a row with nothing above −Inf has no answer" + at.where + refuses + ", or no mass on any token; never a token, never uniform",
			Source: "allennlp#890, onnxruntime Multinomial: all masked; log-sum-exp of nothing is −Inf in SciPy, matrixStats and gonum, masked softmaxes are 0",
		}, at.inputs, noSupportDefect(), onlyMasked, at.temperature)
	}
	greedyToo := []float64{1, 0}
	if op.needsHot {
		greedyToo = greedyToo[:1]
	}
	return append(append(laws, argumentLaws(op)...), badRowLaw(op, Law{
		ID:     "BadRowsRefused",
		Claim:  "a bad row is refused, greedy or not, whatever the convention: an error, or NaN from a numeric operation",
		Source: "contract",
		Level:  verdict.Should,
	}, op.domain(), defectsOf(op), never, greedyToo...))
}

// argumentLaws are about the other argument of a row, the token of LogProbs and the
// u of Sample.
func argumentLaws(op operation) []Law {
	switch op.name {
	case "LogProbs":
		return []Law{badRowLaw(op, Law{
			ID:     "BadToken",
			Claim:  "a token outside the vocabulary has no log-probability: an error, NaN, or −Inf (gonum's Categorical), and no number",
			Source: "negative indices wrap around, as in Python; clamped indices score another token, as in JAX",
		}, mustDomain, tokenDefects(), func(s said) bool { return math.IsInf(s.x, -1) }, 1, 0)}
	case "Sample":
		return []Law{badRowLaw(op, Law{
			ID:     "BadUniform",
			Claim:  "a u outside [0, 1) has no token: an error, unless one token has all mass; u = 1 may give the last token, and what is 0 within rounding the first",
			Source: "go#12290, v#16707: a uniform number rounds up to 1; NaN passes every comparison",
		}, mustAbove0, drawDefects(), rightForU, 1)}
	}
	return nil
}

// badRowLaw is a law about batches of one row that a defect makes bad; every defect
// is a witness at each of the temperatures.
func badRowLaw(op operation, l Law, inputs domain, defects []defect, silent silence, temperatures ...float64) Law {
	l.ID, l.Applies = op.name+"/"+l.ID, op.field()
	var witnesses []spoiled
	for _, t := range temperatures {
		witnesses = append(witnesses, everyDefect(defects, t)...)
	}
	return newLaw(l, op.provided, spoiling(inputs.one(), defects), refusesRow(op, silent), witnesses...)
}

var errAnswered = errors.New("answered instead of refusing")

// said is one number that an operation gives for a row that it did not refuse.
type said struct {
	op    operation
	row   []float32
	token int     // asked for (LogProbs), given (Sample, Draw), or its place (Anneal)
	u     float64 // Sample's
	t     float64
	x     float64
}

// A silence says whether a number is let pass for a bad row, because it claims
// nothing that is wrong.
type silence func(said) bool

// never lets no number pass.
func never(said) bool { return false }

// onlyMasked lets pass that a masked token has no mass, and that the log-sum-exp of
// masked tokens alone is −Inf.
func onlyMasked(s said) bool {
	switch s.op.name {
	case "LogSumExp":
		return math.IsInf(s.x, -1) && !slices.ContainsFunc(s.row, func(x float32) bool { return !isMasked(x) })
	case "LogProbs":
		return math.IsInf(s.x, -1) && isMasked(s.row[s.token])
	case "Anneal":
		return s.x == 0 && isMasked(s.row[s.token])
	}
	return false
}

// certainOfInf lets pass the limit of a row as its one logit of +Inf grows.
func certainOfInf(s said) bool {
	if s.op.name == "LogSumExp" {
		return math.IsInf(s.x, 1)
	}
	if s.token < 0 || s.token >= len(s.row) {
		return false
	}
	certain := math.IsInf(float64(s.row[s.token]), 1)
	switch {
	case s.op.name == "LogProbs" && certain:
		return math.Abs(s.x) < certainty
	case s.op.name == "LogProbs":
		return math.Exp(s.x) == 0
	case s.op.name == "Anneal" && certain:
		return math.Abs(s.x-1) < certainty
	case s.op.name == "Anneal":
		return s.x == 0
	}
	return certain
}

// rightForU lets pass three kinds of tokens, within the accuracy of F: for u = 1 one
// up to which all mass lies; for a u just below 0 one before which no mass lies;
// for any other u one that has all mass, which every u in [0, 1) gives.
func rightForU(s said) bool {
	if s.token < 0 || s.token >= len(s.row) || isMasked(s.row[s.token]) {
		return false
	}
	cdf, before := distributionFunction(s.row, s.t), 0.0
	if s.token > 0 {
		before = cdf[s.token-1]
	}
	none := math.Expm1(slack(verdict.Must, s.row, s.t)) + 0x1p-50
	switch upTo := cdf[s.token]; {
	case s.u == 1:
		return upTo >= 1-none
	case s.u < 0 && s.u > -0x1p-50:
		return before <= none
	default:
		return upTo-before >= 1-none
	}
}

// refusesRow asks about one bad row and judges every number of the answer.
func refusesRow(op operation, silent silence) func(reference.Kernels, spoiled) error {
	return func(k reference.Kernels, s spoiled) error {
		_, q := s.spoil()
		if s.defect.reason != reference.ErrToken && s.defect.reason != reference.ErrUniform {
			q = q.everyWay(op)
		}
		return refusesAll(op, k, q, silent)
	}
}

// everyWay asks about one row more than once: LogProbs about the tokens that
// [telling] chooses, Sample with u at both ends and between, Draw with more draws.
func (q query) everyWay(op operation) query {
	row := q.logits
	switch op.name {
	case "LogProbs":
		q.tokens = telling(row)
		q.rows = len(q.tokens)
	case "Sample":
		q.u = []float64{0, q.u[0], 1 - 0x1p-53}
		q.rows = len(q.u)
	case "Draw":
		q.rows = 4
	}
	q.logits = slices.Repeat(row, q.rows)
	return q
}

// refusesAll checks that a query of nothing but bad rows has an error, any error.
// Numeric operations may also say NaN, and silent lets pass other numbers.
func refusesAll(op operation, k reference.Kernels, q query, silent silence) error {
	rows, err := op.ask(k, q)
	if err != nil {
		return nil
	}
	vocab := len(q.logits) / q.rows
	for r, answer := range rows {
		for i, x := range answer {
			s := said{op: op, row: q.logits[r*vocab : (r+1)*vocab], token: i, t: q.temperature, x: x}
			switch op.name {
			case "LogProbs":
				s.token = q.tokens[r]
			case "Sample":
				s.token, s.u = int(x), q.u[r]
			case "Draw":
				s.token = int(x)
			}
			if op.numeric && math.IsNaN(x) && !isUntouched(x) || silent(s) {
				continue
			}
			return fmt.Errorf("row %d: %w: %s", r, errAnswered, brief(answer))
		}
	}
	return nil
}
