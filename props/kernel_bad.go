package props

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

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
	if s.defect.Reason == reference.ErrNaN || s.defect.Reason == reference.ErrInf {
		return fmt.Sprintf("%v, then %s put at index %d of row %d", s.batch, s.defect.Name, s.at, s.row)
	}
	return fmt.Sprintf("%v, then %s in row %d", s.batch, s.defect.Name, s.row)
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
// row, the middle and the last; in a long row near its beginning, among logits whose
// weight is 0 beside that of the later ones, and at its end; and in one of the
// vocabularies in use.
func everyDefect(defects []operation.Defect, temperatures ...float64) []spoiled {
	var all []spoiled
	for _, t := range temperatures {
		far := one(t, append(slices.Repeat([]float32{-1000}, 2049), make([]float32, 2050)...)...)
		real := batch{rows: zeros(), temperature: t, seed: 1}
		for _, d := range defects {
			all = append(all, spoiled{far, d, 0, 5}, spoiled{far, d, 0, 4098}, spoiled{real, d, 0, 65540})
			for _, at := range []int{0, 2, 4} {
				all = append(all, spoiled{one(t, 0.5, -1, 3, 2, 0), d, 0, at})
			}
		}
	}
	return all
}

// zeros is one row of 65543 equal logits, made once: nothing changes it.
var zeros = sync.OnceValue(func() [][]float32 { return [][]float32{make([]float32, 65543)} })

// spoilingEach spoils short rows of each vocabulary at each kind of place, in batches of
// up to most rows the first, the last and another row, and takes the defects in turn.
func spoilingEach(d domain, most int, defects []operation.Defect) iter.Seq[spoiled] {
	p := plainRows(most)
	const ats, places = 4, 3
	if p.asks = ats; most > 1 {
		p.asks *= places
	}
	return func(yield func(spoiled) bool) {
		i := 0
		for b := range p.made(fmt.Sprint("spoiled ", most), d) {
			r, vocab, rows := rand.New(b.source(4)), len(b.row()), len(b.rows)
			at := [ats]int{0, vocab - 1, vocab / 2, r.IntN(vocab)}[b.seed%ats]
			row := [places]int{0, rows - 1, r.IntN(rows)}[b.seed/ats%places]
			if i++; !yield(spoiled{b, defects[i%len(defects)], row, at}) {
				return
			}
		}
	}
}

// defectsOf are those of the operation, and a second +Inf, which has another limit than one.
func defectsOf(op operation.Operation) []operation.Defect {
	return append(op.Defects(), twoPlusInf)
}

var twoPlusInf = operation.Defect{Name: "+Inf twice, half a row apart,", Reason: reference.ErrInf, Apply: func(q *operation.Query, row, at int) {
	vocab := len(q.Logits) / q.Rows
	for _, v := range []int{at, (at + vocab/2) % vocab} {
		q.Logits[row*vocab+v] = float32(math.Inf(1))
	}
}}

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
		id:      op.Name + "/BadRowsIsolated",
		claim:   "a bad row spoils no other: good rows are answered as ever, the error names the bad row and why, and its own place stays untouched (NaN from Anneal)",
		source:  "contract",
		level:   verdict.Should,
		of:      partOf(op),
		inputs:  spoiling(domainOf(op).rows(5), defectsOf(op)),
		covered: spoilingEach(domainOf(op), 64, defectsOf(op)),
		judge:   isolatesBadRow(op),
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
			return misnamed(err, s.row, s.defect.Reason)
		}
		if len(rows) != 1 || rows[0].Row != s.row {
			return fmt.Errorf("%s, want row %d alone", said(err), s.row)
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
				return fmt.Errorf("%s: %s, want ErrShape", misfit.Name, said(err))
			}
		}
		nothing := op.NoRows()
		if err := op.Call(k, nothing.Query, nothing.Destination); err != nil {
			return fmt.Errorf("%s: %w", nothing.Name, err)
		}
		return nil
	}
}
