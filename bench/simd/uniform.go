package simd

import (
	"math"

	"temper/bench/elementary"
	"temper/reference"
)

// At T = +Inf every token that is not masked has the same probability, 1/n for n of
// them. They are counted chunk by chunk, and no power is computed.

// support returns the number of tokens of a row that are not masked, and leaves the
// number in each chunk in m.parts.
func (a *arithmetic[E]) support(m *masses, row []E) (tokens int, err error) {
	m.n = 0
	finite := true
	length := stride(len(row), scanLength, mostChunks)
	for at := 0; at < len(row); at += length {
		count, good := a.count(row[at:min(at+length, len(row))])
		finite = finite && good
		m.parts[m.n] = float64(count)
		m.n++
		tokens += count
	}
	if tokens == 0 || !finite {
		if err := reference.CheckRow(widened(row)); err != nil {
			return 0, err
		}
	}
	return tokens, nil
}

// isMasked reports whether x is −Inf.
func isMasked(x float32) bool { return math.Float32bits(x) == minusInf }

func (j *job[E]) uniformLogSumExpRow(m *masses, r int, row []E, _ float64) error {
	tokens, err := j.support(m, row)
	if err == nil {
		j.values[r] = elementary.Log(float64(tokens))
	}
	return err
}

func (j *job[E]) uniformLogProbsRow(m *masses, r int, row []E, _ float64) error {
	if err := checkToken(j.tokens[r], row); err != nil {
		return err
	}
	tokens, err := j.support(m, row)
	switch {
	case err != nil:
		return err
	case isMasked(float32Of(row[j.tokens[r]])):
		j.values[r] = math.Inf(-1)
	default:
		j.values[r] = -elementary.Log(float64(tokens))
	}
	return nil
}

func (j *job[E]) uniformAnnealRow(m *masses, r int, row []E, _ float64) error {
	tokens, err := j.support(m, row)
	if err == nil {
		j.mark(j.probabilities(r), row, float32(1/float64(tokens)))
	}
	return err
}

// uniformSampleRow draws the token that has ⌊u·n⌋ unmasked tokens before it. It finds
// the chunk first, then a part of it. As an example, u = .5 and the logits [0 −Inf 0 0]
// give token 2.
func (j *job[E]) uniformSampleRow(m *masses, r int, row []E, _ float64) error {
	if err := checkUniform(j.u[r], row); err != nil {
		return err
	}
	tokens, err := j.support(m, row)
	if err != nil {
		return err
	}
	before := int(j.u[r] * float64(tokens))
	before = min(before, tokens-1) // the product may have been rounded up
	at := 0
	for _, count := range m.parts[:m.n] {
		if before < int(count) {
			break
		}
		before -= int(count)
		at += stride(len(row), scanLength, mostChunks)
	}
	for _, length := range partLengths {
		for at+length < len(row) {
			count, _ := j.count(row[at : at+length])
			if before < count {
				break
			}
			before -= count
			at += length
		}
	}
	for ; before > 0 || isMasked(float32Of(row[at])); at++ {
		if !isMasked(float32Of(row[at])) {
			before--
		}
	}
	j.drawn[r] = at
	return nil
}
