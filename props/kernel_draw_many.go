package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/reference"
)

func drawManyLaw() Law {
	return batchLaw{
		id: "Draw/Many",
		claim: "of more rows than 16 bits count each gives the one token that is possible in it; of as many equal rows the first ones, those from 300, 4096 and 65536 on each have their law (e-process), " +
			"and none has the token of the row 512, 1024, … or 65536 before more often than by chance (likelihood ratios; false alarm 1e-12 each)",
		source:    "derived: places of rows in 8 to 16 bits, words used again some rows later",
		of:        partOf(operation.Draw),
		witnesses: []batch{one(0.7, 0, 0.3, -0.9)},
		judge:     drawsManyRows,
	}.erased()
}

// manyDraws is a number of rows that 16 bits do not count.
const manyDraws = 1<<16 + 700

func drawsManyRows(k reference.Kernels, b batch) error {
	row := b.row()
	ask := func(at func(r int) []float32) ([][]float64, error) {
		q := operation.Query{Rows: manyDraws, Temperature: b.temperature, Src: b.source(15)}
		for r := range manyDraws {
			q.Logits = append(q.Logits, at(r)...)
		}
		return operation.Draw.Answer(k, q)
	}
	possible := func(r int) int { return r * r % 7 % len(row) }
	single := make([][]float32, len(row))
	for v := range single {
		single[v] = slices.Repeat([]float32{float32(math.Inf(-1))}, len(row))
		single[v][v] = row[v]
	}
	rows, err := ask(func(r int) []float32 { return single[possible(r)] })
	if err != nil {
		return err
	}
	for r, answer := range rows {
		if int(answer[0]) != possible(r) {
			return fmt.Errorf("row %d of %d: token %v, the only possible one is %d", r, manyDraws, answer[0], possible(r))
		}
	}
	if rows, err = ask(func(int) []float32 { return row }); err != nil {
		return err
	}
	return manyByLaw(rows, accuracy.ExactLogProbs(row, b.temperature))
}

// manyByLaw weighs the tokens of equal rows.
func manyByLaw(rows [][]float64, logp []float64) error {
	p := make([]float64, len(logp))
	for v, x := range logp {
		p[v] = math.Exp(x)
	}
	starts := []int{0, 300, 1 << 12, 1 << 16, len(rows)}
	for i, from := range starts[:len(starts)-1] {
		weighed := newEvidence(p)
		for _, answer := range rows[from:starts[i+1]] {
			weighed.count(int(answer[0]))
		}
		if err := weighed.verdict(); err != nil {
			return fmt.Errorf("rows %d to %d of %d equal ones: %w", from, starts[i+1]-1, len(rows), err)
		}
	}
	copies := newCopies(1<<9, 1<<10, 1<<11, 1<<12, 1<<13, 1<<14, 1<<15, 1<<16)
	copies.see(len(rows), func(i, before int) float64 {
		if rows[i][0] == rows[before][0] {
			return -logp[int(rows[i][0])]
		}
		return math.Inf(-1)
	})
	return copies.verdict("rows")
}
