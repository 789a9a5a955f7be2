package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// contentsLaws are about answers that are kept: by the address of a slice, by its length,
// by its first element.
func contentsLaws() []Law {
	var laws []Law
	for _, op := range operation.All() {
		laws = append(laws, contentsLaw(op))
	}
	return laws
}

func contentsLaw(op operation.Operation) Law {
	judge := answersContents(op)
	claim := "the answer is that of the contents: after a change in place of a logit, of T, of a token or of u, it is the exact one for what is there now, and that of other memory with the same contents"
	if !op.Determined() {
		claim = "the tokens are drawn from the contents: after a change in place of a logit or of T they are those of other memory with the same contents and words, and where one logit has all mass its token (one draw that is not, as a uniform number of 24 bits at an edge gives, is let pass)"
		judge = drawsContents
	}
	return batchLaw{
		id:        op.Name + "/Contents",
		claim:     claim,
		source:    "caches by the address of a buffer that is used again, as decoders use theirs for every step",
		of:        partOf(op),
		inputs:    changeable(op).rows(3),
		covered:   changeable(op).plainlyCovered(3),
		witnesses: []batch{longPair()},
		judge:     judge,
	}.erased()
}

// changeable are rows in which one logit can be made the largest by far.
func changeable(op operation.Operation) domain {
	return domain{hottest: 1e4, coldest: 1e-3, largest: 1e3, zero: !op.NoZero}
}

// change is something that is done to a query in place.
type change struct {
	name string
	make func(q *operation.Query)
}

// changes make one logit of each row the largest by so many T, at the middle, the first
// and the last place, and then change the arguments.
func changes(by float64) []change {
	logit := func(name string, place func(vocab int) int) change {
		return change{name, func(q *operation.Query) {
			vocab := len(q.Logits) / q.Rows
			for row := range slices.Chunk(q.Logits, vocab) {
				rise := float32(by * atT(q.Temperature))
				if !(rise >= 1) {
					rise = 1
				}
				row[place(vocab)] = slices.Max(row) + rise
			}
		}}
	}
	return []change{
		{"nothing", func(*operation.Query) {}},
		logit("the middle logit", func(vocab int) int { return vocab / 2 }),
		logit("the first logit", func(int) int { return 0 }),
		logit("the last logit", func(vocab int) int { return vocab - 1 }),
		{"the temperature", func(q *operation.Query) { q.Temperature = 1.5 * atT(q.Temperature) }},
		{"the token or u", func(q *operation.Query) {
			for r := range q.Rows {
				q.Tokens[r] = (q.Tokens[r] + 1) % (len(q.Logits) / q.Rows)
				q.U[r] = math.Mod(q.U[r]+0.5, 1)
			}
		}},
	}
}

// copied has the same contents in other memory.
func copied(q operation.Query) operation.Query {
	q.Logits, q.Tokens, q.U = slices.Clone(q.Logits), slices.Clone(q.Tokens), slices.Clone(q.U)
	return q
}

// answersContents asks in place, one change after the other, and then in other memory: an
// answer that is kept for the last question alone shows too.
func answersContents(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		q := b.query()
		dst := op.Destination(q)
		all := changes(3)
		var asked []operation.Query
		var answers [][][]float64
		for _, change := range all {
			change.make(&q)
			if err := op.Call(k, q, dst); err != nil {
				return fmt.Errorf("%s changed: %s refused good rows: %w", change.name, op.Name, err)
			}
			asked, answers = append(asked, copied(q)), append(answers, op.Rows(q, dst))
		}
		for n, change := range all {
			got := answers[n]
			want, err := op.Answer(k, asked[n])
			if err != nil {
				return err
			}
			for r := range got {
				if slices.ContainsFunc(want[r], math.IsNaN) {
					return fmt.Errorf("row %d has the answer %s", r, brief(want[r]))
				}
				if !slices.Equal(got[r], want[r]) {
					return fmt.Errorf("%s changed in place: row %d: %s, but %s in other memory", change.name, r, brief(got[r]), brief(want[r]))
				}
			}
			if err := isExact(op, asked[n], got); err != nil {
				return fmt.Errorf("%s changed: %w", change.name, err)
			}
		}
		return nil
	}
}

// isExact compares an answer with the exact one, within the bound of Must.
func isExact(op operation.Operation, q operation.Query, answer [][]float64) error {
	vocab := len(q.Logits) / q.Rows
	var rows []solvedRow
	for row := range slices.Chunk(q.Logits, vocab) {
		rows = append(rows, solve(row, q.Temperature))
	}
	return areExact(op, q, rows, answer)
}

// drawsContents draws three tokens from every row.
func drawsContents(k reference.Kernels, b batch) error {
	const draws = 3
	distinct := len(b.rows)
	b.rows = slices.Repeat(b.rows, draws)
	q := b.query()
	dst := operation.Draw.Destination(q)
	all := changes(80)
	var asked []operation.Query
	var answers [][][]float64
	for n, change := range all[:len(all)-1] { // a draw has no token and no u
		change.make(&q)
		q.Src = b.source(uint64(n))
		if err := operation.Draw.Call(k, q, dst); err != nil {
			return fmt.Errorf("%s changed: Draw refused good rows: %w", change.name, err)
		}
		asked, answers = append(asked, copied(q)), append(answers, operation.Draw.Rows(q, dst))
	}
	for n, change := range all[:len(all)-1] {
		got, q := answers[n], asked[n]
		q.Src = b.source(uint64(n))
		want, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for r := range got {
			if got[r][0] != want[r][0] {
				return fmt.Errorf("%s changed in place: row %d: token %v, but %v in other memory from the same words", change.name, r, got[r][0], want[r][0])
			}
		}
		for r, row := range slices.Collect(slices.Chunk(q.Logits, len(b.row())))[:distinct] {
			modes, gap := modesOf(row)
			if q.Temperature > 0 && !cold(warmth(len(row), modes, gap, q.Temperature), accuracy.Slack(verdict.Must, row, q.Temperature)) {
				continue
			}
			outside := 0
			for draw := range draws {
				if token := int(got[r+draw*distinct][0]); !slices.Contains(modes, token) {
					outside++
				}
			}
			if outside > 1 {
				return fmt.Errorf("%s changed: row %d: %d of %d draws are not token %d, which has all mass", change.name, r, outside, draws, modes[0])
			}
		}
	}
	return nil
}
