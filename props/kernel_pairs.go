package props

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"sync"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/reference"
)

// pairLaws ask every operation about each pair of classes, long rows and many rows among
// them: what the other laws say of a row follows from its being exact.
func pairLaws() []Law {
	var laws []Law
	for _, op := range operation.All() {
		laws = append(laws, pairsLaw(op))
	}
	return laws
}

func pairsLaw(op operation.Operation) Law {
	claim := "the answer is the exact one within 64 + vocab/256 units of the table of bounds, whatever two of these meet: a class of vocabulary, T, shape, magnitude, mask, place of the largest logit, number of rows, place of the row, token or u"
	judge := pairsAreExact(op)
	if !op.Determined() {
		claim = "the tokens are in range and not masked, at T = 0 of the largest logit, and the same from the same words, whatever two of these meet: a class of vocabulary, T, shape, magnitude, mask, place of the largest logit, number of rows, place of the row"
		judge = pairsAreDrawn
	}
	return law[reference.Kernels, pair]{
		id:      op.Name + "/Pairs",
		claim:   claim,
		source:  "bugs of two conditions at once: offsets and indices too narrow, a fast way for some shapes that is wrong for some temperatures",
		of:      partOf(op),
		covered: pairsOf(op),
		judge:   judge,
	}.erased()
}

// asks is how many questions there are about a row. Every other one about u tells an error
// of T, the others are about the ends of a row.
const asks = 6

// pair is a batch of the plans with the exact distributions of its rows.
type pair struct {
	batch
	solved func() []solvedRow // computed once
}

func newPair(b batch) pair {
	return pair{b, sync.OnceValue(func() []solvedRow {
		rows := make([]solvedRow, len(b.rows))
		for r, row := range b.rows {
			rows[r] = solve(row, b.temperature)
		}
		return rows
	})}
}

func (p pair) smaller() iter.Seq[pair] {
	return func(yield func(pair) bool) {
		for b := range p.batch.smaller() {
			if !yield(newPair(b)) {
				return
			}
		}
	}
}

// pairs are the batches of all plans: short rows of every shape, short rows in which
// every row tells an error of T, and long rows. They are made once, 60 MB with what is
// known about them: nothing changes them.
var pairs = sync.OnceValue(func() []pair {
	short := shortRows(64)
	short.asks, short.most = asks, 1<<13
	telling := short
	telling.shapes, telling.magnitudes = []shape{plainShape}, []func(float64) float64{atT}
	telling.masks = slices.DeleteFunc(masks(), func(m masking) bool { return m.name == "all but one" })
	var all []pair
	for _, p := range append([]plan{short, telling}, longRows()...) {
		for b := range p.batches(mustDomain) {
			all = append(all, newPair(b))
		}
	}
	return all
})

// pairsOf are those at which an operation has an answer. Draws tell no error of T here,
// and are asked about one long row at few temperatures.
func pairsOf(op operation.Operation) iter.Seq[pair] {
	return func(yield func(pair) bool) {
		for _, p := range pairs() {
			t := p.temperature
			if t == 0 && op.NoZero {
				continue
			}
			if !op.Determined() && len(p.rows) == 1 && len(p.row()) >= operation.Long && t > 0 && t < 100 {
				continue
			}
			if !yield(p) {
				return
			}
		}
	}
}

// longRows are the plans of the vocabularies in use: each with every class of T in one
// row, and beside other rows.
func longRows() []plan {
	named := func(names ...string) []masking {
		return slices.DeleteFunc(masks(), func(m masking) bool { return !slices.Contains(names, m.name) })
	}
	single := plan{
		vocabs: longVocabs, rows: manyRows[:1], temperatures: spans(), shapes: []shape{fewLevels, onePeak, heavyBothEnds},
		magnitudes: []func(float64) float64{atT}, masks: named("none", "trailing", "first of each block"), peaks: peaks()[:1],
		places: places()[:1], asks: 3, most: math.MaxInt,
	}
	several := single
	several.rows, several.temperatures, several.shapes = [][]int{{2}, {9}}, []span{{0.28, 0.6}, {2, 6}}, []shape{fewLevels}
	several.masks, several.places, several.asks = named("leading", "scattered"), places()[1:2], 1
	many := several
	many.vocabs, many.rows, many.temperatures, many.masks = [][]int{longVocabs[0][:1]}, [][]int{{34}}, []span{{0.28, 2}}, named("scattered")
	return []plan{single, several, many}
}

// Shapes of long rows, of few different logits: an exact distribution takes as many
// exponentials.
var (
	fewLevels = shape{"few levels", func(row []float32, r *rand.Rand) {
		var values [32]float32
		plainShape.fill(values[:], r)
		offset, cut := r.Uint32(), len(row)/3+r.IntN(1+len(row)/3)
		for v := range row {
			level := (uint32(v) + offset) * 2654435761 >> 28 // a multiple of the golden ratio spreads neighbours
			if v >= cut {
				level += 16 // the mass of either part depends on T
			}
			row[v] = values[level]
		}
	}}
	onePeak = shape{"one peak", func(row []float32, r *rand.Rand) {
		fewLevels.fill(row, r)
		row[r.IntN(len(row))] += 10
	}}
	heavyBothEnds = shape{"heavy ends", func(row []float32, r *rand.Rand) {
		fewLevels.fill(row, r)
		row[0], row[len(row)-1] = float32(math.Log(float64(len(row)))), float32(math.Log(float64(len(row))))+1
	}}
)

// pairsAreExact asks two questions about each row of a short batch, one about long ones.
func pairsAreExact(op operation.Operation) func(reference.Kernels, pair) error {
	return func(k reference.Kernels, p pair) error {
		rows, turn := p.solved(), int(p.seed%asks)
		if op.Takes == operation.Uniforms && len(rows) == 1 {
			turn |= 1 // the questions that tell an error of T
		}
		err := rowsAreExact(op, k, asking(op, rows, turn), rows)
		if err == nil && len(p.row()) < operation.Long && op.Takes != operation.Nothing {
			err = rowsAreExact(op, k, asking(op, rows, turn+asks/2), rows)
		}
		return err
	}
}

// asking asks about each row the question of its turn.
func asking(op operation.Operation, rows []solvedRow, turn int) operation.Query {
	vocab := len(rows[0].row)
	q := operation.Query{Rows: len(rows), Temperature: rows[0].t, Logits: make([]float32, 0, vocab*len(rows))}
	r := rand.New(rand.NewPCG(uint64(vocab), uint64(turn)))
	for n, row := range rows {
		q.Logits = append(q.Logits, row.row...)
		switch ask := (turn + n) % asks; op.Takes {
		case operation.Tokens:
			q.Tokens = append(q.Tokens, row.tokenToAsk(ask, r))
		case operation.Uniforms:
			q.U = append(q.U, row.uToAsk(ask, r))
		}
	}
	return q
}

func rowsAreExact(op operation.Operation, k reference.Kernels, q operation.Query, rows []solvedRow) error {
	if op.Returns == operation.Probabilities && q.Temperature > 0 { // as they are: converting a long row takes as long as judging it
		dst := op.Destination(q)
		if err := op.Call(k, q, dst); err != nil {
			return fmt.Errorf("%s refused good rows: %w", op.Name, err)
		}
		return areDistributions(rows, dst.Probabilities)
	}
	answer, err := op.Answer(k, q)
	if err != nil {
		return err
	}
	return areExact(op, q, rows, answer)
}

func areDistributions(rows []solvedRow, p []float32) error {
	vocab := len(p) / len(rows)
	for r, row := range rows {
		if err := row.areProbabilities(p[r*vocab : (r+1)*vocab]); err != nil {
			return fmt.Errorf("row %d of %d: %w", r, len(rows), err)
		}
	}
	return nil
}

// areExact compares the answers for rows with the exact ones.
func areExact(op operation.Operation, q operation.Query, rows []solvedRow, answer [][]float64) error {
	if q.Temperature == 0 {
		if !op.Greedy(q, answer) {
			return fmt.Errorf("not all mass is on the largest logits: %s", brief(slices.Concat(answer...)))
		}
		return nil
	}
	if op.Returns == operation.Probabilities {
		p := make([]float32, 0, len(q.Logits))
		for _, x := range slices.Concat(answer...) {
			p = append(p, float32(x))
		}
		return areDistributions(rows, p)
	}
	for r, numbers := range answer {
		var err error
		switch {
		case op.Returns == operation.Draws:
			err = rows[r].isToken(int(numbers[0]), q.U[r])
		case op.Takes == operation.Tokens:
			if want := rows[r].logProb(q.Tokens[r]); !accuracy.Near(numbers[0], want, rows[r].slack) {
				err = fmt.Errorf("log p(%d) = %v, exactly %v ± %.2g", q.Tokens[r], numbers[0], want, rows[r].slack)
			}
		default:
			if want := rows[r].logSumExp(); !accuracy.Near(numbers[0], want, rows[r].slack) {
				err = fmt.Errorf("log-sum-exp %v, exactly %v ± %.2g", numbers[0], want, rows[r].slack)
			}
		}
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", r, len(rows), err)
		}
	}
	return nil
}

// pairsAreDrawn draws with fresh words, from a short batch twice.
func pairsAreDrawn(k reference.Kernels, b pair) error {
	first, err := operation.Draw.Answer(k, b.query())
	if err != nil {
		return err
	}
	for r, row := range b.rows {
		token := int(first[r][0])
		if isMasked(row[token]) {
			return fmt.Errorf("row %d of %d: token %d is masked", r, len(b.rows), token)
		}
		if b.temperature == 0 && row[token] < slices.Max(row) {
			return fmt.Errorf("row %d of %d: token %d, not the largest logit, at T = 0", r, len(b.rows), token)
		}
	}
	if len(b.row()) >= operation.Long {
		return nil
	}
	again, err := operation.Draw.Answer(k, b.query())
	if err != nil {
		return err
	}
	for r := range again {
		if again[r][0] != first[r][0] {
			return fmt.Errorf("row %d of %d: token %v, and %v from the same words again", r, len(b.rows), first[r][0], again[r][0])
		}
	}
	return nil
}
