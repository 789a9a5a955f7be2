package simd

import (
	"math"
	"slices"

	"temper/reference"
)

// At T = 0 all mass is on the first of the largest logits. The row is read once to
// find the chunk with the largest logit, and this chunk once more to find its place.

// argmax returns the first token with the largest logit, or what is wrong with the row.
func (a *arithmetic[E]) argmax(m *masses, row []E) (token int, err error) {
	best, from := float32(math.Inf(-1)), 0
	for at := 0; at < len(row); at += chunkLength {
		top := a.largest(row[at:min(at+chunkLength, len(row))])
		if top != top || math.IsInf(float64(top), 1) {
			return 0, reference.CheckRow(widened(row))
		}
		if top > best {
			best, from = top, at
		}
	}
	if math.IsInf(float64(best), -1) {
		return 0, reference.CheckRow(widened(row))
	}
	chunk := wide(m.room[:], row[from:min(from+chunkLength, len(row))])
	return from + slices.Index(chunk, best), nil
}

func (j *job[E]) greedyLogProbsRow(m *masses, r int, row []E, _ float64) error {
	if err := checkToken(j.tokens[r], row); err != nil {
		return err
	}
	token, err := j.argmax(m, row)
	switch {
	case err != nil:
		return err
	case token == j.tokens[r]:
		j.values[r] = 0
	default:
		j.values[r] = math.Inf(-1)
	}
	return nil
}

func (j *job[E]) greedyAnnealRow(m *masses, r int, row []E, _ float64) error {
	token, err := j.argmax(m, row)
	if err != nil {
		return err
	}
	dst := j.probabilities(r)
	clear(dst)
	dst[token] = 1
	return nil
}

func (j *job[E]) greedySampleRow(m *masses, r int, row []E, _ float64) error {
	if j.u != nil { // Draw needs none
		if err := checkUniform(j.u[r], row); err != nil {
			return err
		}
	}
	token, err := j.argmax(m, row)
	if err == nil {
		j.drawn[r] = token
	}
	return err
}
