// Package peers is what a user would take instead: other libraries' functions,
// each called as its documentation shows, as [reference.Kernels]. They are neither
// mended nor tuned. Not for concurrent use.
package peers

import (
	"temper/bench/gonum"
	"temper/reference"
)

// All lists the rivals written in Go.
func All() []reference.Kernels {
	return []reference.Kernels{gonum.Kernels(), Vek32(), Spago(), Gorgonia()}
}

// eachRow iterates over the rows of a matrix.
func eachRow(logits []float32, rows int, answer func(r int, row []float32) error) error {
	vocab, err := reference.Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	for r := range rows {
		if err := answer(r, logits[r*vocab:(r+1)*vocab]); err != nil {
			return err
		}
	}
	return nil
}
