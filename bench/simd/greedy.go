package simd

import (
	"math"
	"slices"

	"temper/reference"
)

// At T = 0 all mass is on the first of the largest logits. The row is read once to
// find the chunk with the largest logit, and this chunk once more to find its place. Where
// a maximum takes less time than a search, shorter and shorter parts of the chunk are read
// until one of them has it.

// scanLength is how many logits of a row the assembly reads by one call where no power is
// computed: enough that a call takes no noticeable time.
const scanLength = 8192

// partLengths are those of the parts in which a token is looked for. The last ones are
// short enough to be searched logit by logit.
var partLengths = [...]int{1024, 128}

// argmax returns the first token with the largest logit, or what is wrong with the row.
func (a *arithmetic[E]) argmax(m *masses, row []E) (token int, err error) {
	length := chunkLength
	if a.quick {
		length = scanLength
	}
	best, at := float32(math.Inf(-1)), 0
	for from := 0; from < len(row); from += length {
		top := a.largest(row[from:min(from+length, len(row))])
		if top != top || math.IsInf(float64(top), 1) {
			return 0, reference.CheckRow(widened(row))
		}
		if top > best {
			best, at = top, from
		}
	}
	if math.IsInf(float64(best), -1) {
		return 0, reference.CheckRow(widened(row))
	}
	for _, length := range partLengths {
		for a.quick && at+length < len(row) && a.maximum(row[at:at+length]) < best {
			at += length
		}
	}
	for ; ; at += chunkLength {
		if i := slices.Index(wide(m.room[:], row[at:min(at+chunkLength, len(row))]), best); i >= 0 {
			return at + i, nil
		}
	}
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
