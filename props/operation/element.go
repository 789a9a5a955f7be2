package operation

import (
	"iter"
	"math"

	"temper/props/accuracy"
	"temper/reference"
)

// Element is one number of a result, with the row and the token that it belongs to.
type Element struct {
	X           float64
	Row         []float32 // its logits
	Peak        Peak      // of the row
	Token       int       // asked for, drawn, or the place in a distribution; 0 where the number is about the whole row
	U           float64   // of the row, if it has one
	Temperature float64
}

// Peak is the largest logit of a row, with the number of tokens that have it.
type Peak struct {
	Logit float32
	Count int
}

// PeakOf returns the peak of a row. It ignores NaN.
func PeakOf(row []float32) Peak {
	p := Peak{Logit: float32(math.Inf(-1))}
	for _, x := range row {
		switch {
		case x > p.Logit:
			p = Peak{x, 1}
		case x == p.Logit:
			p.Count++
		}
	}
	return p
}

// Elements iterates over the numbers of a result, each with its row.
func (op Operation) Elements(q Query, rows [][]float64) iter.Seq2[int, Element] {
	return func(yield func(int, Element) bool) {
		vocab := len(q.Logits) / q.Rows
		for r, answer := range rows {
			e := Element{Row: q.Logits[r*vocab : (r+1)*vocab], Temperature: q.Temperature}
			e.Peak = PeakOf(e.Row)
			if op.Takes == Uniforms {
				e.U = q.U[r]
			}
			for i, x := range answer {
				e.X, e.Token = x, i
				switch {
				case op.Returns == Draws:
					e.Token = int(x)
				case op.Takes == Tokens:
					e.Token = q.Tokens[r]
				}
				if !yield(r, e) {
					return
				}
			}
		}
	}
}

// atPeak reports whether the token exists and has the largest logit.
func (e Element) atPeak() bool {
	return e.Token >= 0 && e.Token < len(e.Row) && e.Row[e.Token] == e.Peak.Logit
}

// Greedy reports whether a result for good rows is right at T = 0: all mass is on one of
// the largest logits, or shared by all of them.
func (op Operation) Greedy(q Query, rows [][]float64) bool {
	mass := make([]float64, len(rows))
	checked := -1
	for r, e := range op.Elements(q, rows) {
		if r > checked && reference.CheckRow(e.Row) != nil || !op.Peaked(e) {
			return false
		}
		checked = r
		mass[r] += e.X
	}
	for _, total := range mass {
		if op.Returns == Probabilities && !(math.Abs(total-1) < accuracy.ZeroSlack) {
			return false
		}
	}
	return true
}
