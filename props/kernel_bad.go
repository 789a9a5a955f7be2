package props

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"pgregory.net/rapid"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// spoiled is a batch of good rows in which one is made bad.
type spoiled struct {
	batch
	defect  operation.Defect
	row, at int
}

type spoiledLaw = law[reference.Kernels, spoiled]

func (s spoiled) GoString() string { return s.String() }

func (s spoiled) String() string {
	return fmt.Sprintf("%s in row %d (at %d); before that %v", s.defect.Name, s.row, s.at, s.batch)
}

// spoil makes a copy of the query in which the row is bad.
func (s spoiled) spoil() (good, bad operation.Query) {
	good = s.query()
	bad = good
	bad.Logits, bad.Tokens, bad.U = slices.Clone(good.Logits), slices.Clone(good.Tokens), slices.Clone(good.U)
	s.defect.Apply(&bad, s.row, s.at)
	return good, bad
}

// spoiling draws batches with one bad row; it is bad at the first place, the
// last, or between.
func spoiling(inputs *rapid.Generator[batch], defects []operation.Defect) *rapid.Generator[spoiled] {
	return rapid.Custom(func(t *rapid.T) spoiled {
		s := spoiled{batch: inputs.Draw(t, "batch"), defect: rapid.SampledFrom(defects).Draw(t, "defect")}
		s.row = rapid.IntRange(0, len(s.rows)-1).Draw(t, "bad row")
		last := len(s.batch.row()) - 1
		s.at = rapid.OneOf(rapid.Just(0), rapid.Just(last), rapid.IntRange(0, last)).Draw(t, "at")
		return s
	})
}

// everyDefect has each defect, at each of the temperatures, at the first place of a
// row, the middle and the last, and in a long row near its beginning, among logits
// whose weight is 0 beside that of the later ones.
func everyDefect(defects []operation.Defect, temperatures ...float64) []spoiled {
	var all []spoiled
	for _, t := range temperatures {
		far := one(t, append(slices.Repeat([]float32{-1000}, 2049), make([]float32, 2050)...)...)
		for _, d := range defects {
			all = append(all, spoiled{far, d, 0, 5})
			for _, at := range []int{0, 2, 4} {
				all = append(all, spoiled{one(t, 0.5, -1, 3, 2, 0), d, 0, at})
			}
		}
	}
	return all
}

// badInputLaws are about rows without a result, and about lengths that do not fit.
func badInputLaws() []Law {
	var laws []Law
	for _, op := range operation.All() {
		laws = append(laws, badRowLaws(op)...)
		laws = append(laws, badRowsIsolatedLaw(op), shapesLaw(op))
	}
	return laws
}

func badRowsIsolatedLaw(op operation.Operation) Law {
	return spoiledLaw{
		id:     op.Name + "/BadRowsIsolated",
		claim:  "a bad row spoils no other: good rows are answered as ever, the error names the bad row and why, and its own place stays untouched (NaN from Anneal)",
		source: "contract",
		level:  verdict.Should,
		of:     partOf(op),
		inputs: spoiling(domainOf(op).rows(5), op.Defects()),
		judge:  isolatesBadRow(op),
	}.erased()
}

func isolatesBadRow(op operation.Operation) func(reference.Kernels, spoiled) error {
	return func(k reference.Kernels, s spoiled) error {
		good, bad := s.spoil()
		want, err := op.Answer(k, good)
		if err != nil {
			return err
		}
		got, err := op.Ask(k, bad)
		var rows reference.RowErrors
		if !errors.Is(err, s.defect.Reason) || !errors.As(err, &rows) {
			return fmt.Errorf("error %v, want RowErrors with %q", err, s.defect.Reason)
		}
		if len(rows) != 1 || rows[0].Row != s.row {
			return fmt.Errorf("error %q, want row %d alone", err, s.row)
		}
		for r := range got {
			switch {
			case r != s.row && op.Determined() && !slices.Equal(got[r], want[r]):
				return fmt.Errorf("good row %d: %s beside a bad row, %s without it", r, brief(got[r]), brief(want[r]))
			case r == s.row && !isUnanswered(op, got[r]):
				return fmt.Errorf("bad row %d holds %s", r, brief(got[r]))
			}
		}
		return nil
	}
}

// isUnanswered reports whether the result of a bad row is what the contract requires.
func isUnanswered(op operation.Operation, answer []float64) bool {
	return !slices.ContainsFunc(answer, func(x float64) bool {
		if op.BadRowIsNaN() {
			return !math.IsNaN(x)
		}
		return !operation.IsUntouched(x)
	})
}

func shapesLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Shapes",
		claim:     "lengths that do not fit are ErrShape before anything is written; no rows and no logits are fine",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		witnesses: []batch{one(1, 1, 2, 3)},
		judge:     refusesShapes(op),
	}.erased()
}

// refusesShapes tries lengths that do not fit, and then those of nothing, which do.
func refusesShapes(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, _ batch) error {
		for _, misfit := range op.Misfits() {
			if err := op.Call(k, misfit.Query, misfit.Destination); !errors.Is(err, reference.ErrShape) {
				return fmt.Errorf("%s: error %v, want ErrShape", misfit.Name, err)
			}
		}
		nothing := op.NoRows()
		if err := op.Call(k, nothing.Query, nothing.Destination); err != nil {
			return fmt.Errorf("%s: %w", nothing.Name, err)
		}
		return nil
	}
}
