package simd

import "temper/reference"

// eachRow answers row after row and collects what was wrong with some.
func eachRow(logits []float32, rows int, answer func(r int, row []float32) error) error {
	vocab, err := reference.Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	var bad reference.RowErrors
	for r := range rows {
		if err := answer(r, logits[r*vocab:(r+1)*vocab]); err != nil {
			bad = append(bad, reference.RowError{Row: r, Err: err})
		}
	}
	return bad.Err()
}

// measure passes over a row and totals it; ok is false for a bad row, and for
// one that is out of reach.
func (a *arithmetic) measure(m *masses, row []float32, c float64) (total mass, ok bool) {
	if a.pass(m, nil, row, c) < len(row) {
		return total, false
	}
	total = m.total()
	return total, total.valid()
}
