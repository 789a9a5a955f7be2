package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"pgregory.net/rapid"
	"temper/props/verdict"
	"temper/reference"
)

// A defect is one way to make a row bad, and the error that says so.
type defect struct {
	name   string
	reason error
	apply  func(q *query, row, at int)
}

// nanDefect, plusInfDefect and noSupportDefect spoil a row for every operation; at
// says where in the row.
func nanDefect() defect     { return defect{"NaN", reference.ErrNaN, putLogit(math.NaN())} }
func plusInfDefect() defect { return defect{"+Inf", reference.ErrInf, putLogit(math.Inf(1))} }

func putLogit(x float64) func(*query, int, int) {
	return func(q *query, row, at int) { q.logits[row*len(q.logits)/q.rows+at] = float32(x) }
}

func noSupportDefect() defect {
	return defect{"nothing above −Inf", reference.ErrNoSupport, func(q *query, row, at int) {
		vocab := len(q.logits) / q.rows
		for v := range vocab {
			q.logits[row*vocab+v] = float32(math.Inf(-1))
		}
	}}
}

// tokenDefects and drawDefects spoil a row for LogProbs and for Sample.
func tokenDefects() []defect {
	return []defect{
		{"token −1", reference.ErrToken, func(q *query, row, at int) { q.tokens[row] = -1 }},
		{"token = vocab", reference.ErrToken, func(q *query, row, at int) { q.tokens[row] = len(q.logits) / q.rows }},
		{"the largest token there is", reference.ErrToken, func(q *query, row, at int) { q.tokens[row] = math.MaxInt }},
	}
}

func drawDefects() []defect {
	var defects []defect
	for _, u := range []float64{1, -0x1p-60, -0.5, math.NaN(), math.Inf(1), math.Inf(-1), 2} {
		defects = append(defects, defect{fmt.Sprintf("u = %v", u), reference.ErrUniform, func(q *query, row, at int) { q.u[row] = u }})
	}
	return defects
}

// defectsOf are all of an operation.
func defectsOf(op operation) []defect {
	defects := []defect{nanDefect(), plusInfDefect(), noSupportDefect()}
	switch op.name {
	case "LogProbs":
		defects = append(defects, tokenDefects()...)
	case "Sample":
		defects = append(defects, drawDefects()...)
	}
	return defects
}

// spoiled is a batch of good rows in which one is made bad.
type spoiled struct {
	batch
	defect  defect
	row, at int
}

func (s spoiled) GoString() string { return s.String() }

func (s spoiled) String() string {
	return fmt.Sprintf("%s in row %d (at %d); before that %v", s.defect.name, s.row, s.at, s.batch)
}

// spoil makes a copy of the query in which the row is bad.
func (s spoiled) spoil() (good, bad query) {
	good = s.query()
	bad = good
	bad.logits, bad.tokens, bad.u = slices.Clone(good.logits), slices.Clone(good.tokens), slices.Clone(good.u)
	s.defect.apply(&bad, s.row, s.at)
	return good, bad
}

// spoiling draws batches with one bad row; it is bad at the first place, the
// last, or between.
func spoiling(inputs *rapid.Generator[batch], defects []defect) *rapid.Generator[spoiled] {
	return rapid.Custom(func(t *rapid.T) spoiled {
		s := spoiled{batch: inputs.Draw(t, "batch"), defect: rapid.SampledFrom(defects).Draw(t, "defect")}
		s.row = rapid.IntRange(0, len(s.rows)-1).Draw(t, "bad row")
		last := len(s.batch.row()) - 1
		s.at = rapid.OneOf(rapid.Just(0), rapid.Just(last), rapid.IntRange(0, last)).Draw(t, "at")
		return s
	})
}

// everyDefect has each defect at the first place of a row, the middle and the
// last, and in a long row near its beginning, among logits whose weight is 0 beside
// that of the later ones.
func everyDefect(defects []defect, temperature float64) []spoiled {
	far := one(temperature, append(slices.Repeat([]float32{-1000}, 2049), make([]float32, 2050)...)...)
	var all []spoiled
	for _, d := range defects {
		all = append(all, spoiled{far, d, 0, 5})
		for _, at := range []int{0, 2, 4} {
			all = append(all, spoiled{one(temperature, 0.5, -1, 3, 2, 0), d, 0, at})
		}
	}
	return all
}

func (d defect) GoString() string { return d.name }

// badInputLaws are about rows that have no answer and matrices that are none.
func badInputLaws() []Law {
	var laws []Law
	for _, op := range operations() {
		laws = append(laws, badRowLaws(op)...)
		isolated := newLaw(Law{
			ID:      op.name + "/BadRowsIsolated",
			Claim:   "a bad row spoils no other: good rows are answered as ever, the error names the bad row and why, and its own place stays untouched (NaN from Anneal)",
			Source:  "contract",
			Level:   verdict.Should,
			Applies: op.field(),
		}, op.provided, spoiling(op.domain().rows(5), defectsOf(op)), isolatesBadRow(op))
		laws = append(laws, isolated, kernelLaw(op, Law{
			ID:     op.name + "/Shapes",
			Claim:  "lengths that do not fit are ErrShape before anything is written; no rows and no logits are fine",
			Source: "contract",
			Level:  verdict.Should,
		}, nil, refusesShapes(op), one(1, 1, 2, 3)))
	}
	return laws
}

func isolatesBadRow(op operation) func(reference.Kernels, spoiled) error {
	return func(k reference.Kernels, s spoiled) error {
		good, bad := s.spoil()
		want, err := op.answer(k, good)
		if err != nil {
			return err
		}
		got, err := op.ask(k, bad)
		var rows reference.RowErrors
		if !errors.Is(err, s.defect.reason) || !errors.As(err, &rows) {
			return fmt.Errorf("error %v, want RowErrors with %q", err, s.defect.reason)
		}
		if len(rows) != 1 || rows[0].Row != s.row {
			return fmt.Errorf("error %q, want row %d alone", err, s.row)
		}
		for r := range got {
			switch {
			case r != s.row && op.name != "Draw" && !slices.Equal(got[r], want[r]):
				return fmt.Errorf("good row %d: %s beside a bad row, %s without it", r, brief(got[r]), brief(want[r]))
			case r == s.row && !isUnanswered(op, got[r]):
				return fmt.Errorf("bad row %d holds %s", r, brief(got[r]))
			}
		}
		return nil
	}
}

// isUnanswered says whether a bad row's answer is what the contract leaves there.
func isUnanswered(op operation, answer []float64) bool {
	return !slices.ContainsFunc(answer, func(x float64) bool {
		if op.name == "Anneal" {
			return !math.IsNaN(x)
		}
		return !isUntouched(x)
	})
}

// refusesShapes tries lengths that do not fit, through the fields themselves.
func refusesShapes(op operation) func(reference.Kernels, batch) error {
	type call struct {
		name string
		ask  func(k reference.Kernels) error
		fine bool
	}
	src := func() rand.Source { return rand.NewPCG(1, 2) }
	six, one, two := make([]float32, 6), make([]float64, 1), make([]float64, 2)
	calls := map[string][]call{
		"LogSumExp": {
			{"6 logits, 4 rows", func(k reference.Kernels) error { return k.LogSumExp(make([]float64, 4), six, 1) }, false},
			{"no logits, 1 row", func(k reference.Kernels) error { return k.LogSumExp(one, nil, 1) }, false},
			{"6 logits, no rows", func(k reference.Kernels) error { return k.LogSumExp(nil, six, 1) }, false},
			{"no logits, no rows", func(k reference.Kernels) error { return k.LogSumExp(nil, nil, 1) }, true},
		},
		"LogProbs": {
			{"6 logits, 4 rows", func(k reference.Kernels) error { return k.LogProbs(make([]float64, 4), six, make([]int, 4), 1) }, false},
			{"1 token, 2 rows", func(k reference.Kernels) error { return k.LogProbs(two, six, make([]int, 1), 1) }, false},
			{"no logits, 1 row", func(k reference.Kernels) error { return k.LogProbs(one, nil, make([]int, 1), 1) }, false},
			{"6 logits, no rows", func(k reference.Kernels) error { return k.LogProbs(nil, six, nil, 1) }, false},
			{"no logits, no rows", func(k reference.Kernels) error { return k.LogProbs(nil, nil, nil, 1) }, true},
		},
		"Anneal": {
			{"6 logits, 4 rows", func(k reference.Kernels) error { return k.Anneal(make([]float32, 6), six, 4, 1) }, false},
			{"6 logits, 5 places", func(k reference.Kernels) error { return k.Anneal(make([]float32, 5), six, 1, 1) }, false},
			{"6 logits, −1 rows", func(k reference.Kernels) error { return k.Anneal(make([]float32, 6), six, -1, 1) }, false},
			{"no logits, 1 row", func(k reference.Kernels) error { return k.Anneal(nil, nil, 1, 1) }, false},
			{"6 logits, no rows", func(k reference.Kernels) error { return k.Anneal(make([]float32, 6), six, 0, 1) }, false},
			{"no logits, no rows", func(k reference.Kernels) error { return k.Anneal(nil, nil, 0, 1) }, true},
		},
		"Sample": {
			{"6 logits, 4 rows", func(k reference.Kernels) error { return k.Sample(make([]int, 4), six, make([]float64, 4), 1) }, false},
			{"1 uniform number, 2 rows", func(k reference.Kernels) error { return k.Sample(make([]int, 2), six, one, 1) }, false},
			{"no logits, 1 row", func(k reference.Kernels) error { return k.Sample(make([]int, 1), nil, one, 1) }, false},
			{"6 logits, no rows", func(k reference.Kernels) error { return k.Sample(nil, six, nil, 1) }, false},
			{"no logits, no rows", func(k reference.Kernels) error { return k.Sample(nil, nil, nil, 1) }, true},
		},
		"Draw": {
			{"6 logits, 4 rows", func(k reference.Kernels) error { return k.Draw(make([]int, 4), six, src(), 1) }, false},
			{"no logits, 1 row", func(k reference.Kernels) error { return k.Draw(make([]int, 1), nil, src(), 1) }, false},
			{"6 logits, no rows", func(k reference.Kernels) error { return k.Draw(nil, six, src(), 1) }, false},
			{"no logits, no rows", func(k reference.Kernels) error { return k.Draw(nil, nil, src(), 1) }, true},
		},
	}
	return func(k reference.Kernels, _ batch) error {
		for _, c := range calls[op.name] {
			switch err := c.ask(k); {
			case c.fine && err != nil:
				return fmt.Errorf("%s: %w", c.name, err)
			case !c.fine && !errors.Is(err, reference.ErrShape):
				return fmt.Errorf("%s: error %v, want ErrShape", c.name, err)
			}
		}
		return nil
	}
}
