package simd

import (
	"math"

	"temper/reference"
)

// At T = +Inf every token that is not masked has the same probability, 1/n for n of
// them. They are counted chunk by chunk, and no power is computed.

// support returns the number of tokens of a row that are not masked, and leaves the
// number in each chunk in m.parts.
func (a *arithmetic[E]) support(m *masses, row []E) (tokens int, err error) {
	m.n = 0
	length := stride(len(row), chunkLength, mostChunks)
	for at := 0; at < len(row); at += length {
		chunk := row[at:min(at+length, len(row))]
		if top := a.largest(chunk); top != top || math.IsInf(float64(top), 1) {
			return 0, reference.CheckRow(widened(row))
		}
		count := 0
		for ; len(chunk) > 0; chunk = chunk[min(chunkLength, len(chunk)):] {
			for _, x := range wide(m.room[:], chunk[:min(chunkLength, len(chunk))]) {
				if !isMasked(x) {
					count++
				}
			}
		}
		m.parts[m.n] = float64(count)
		m.n++
		tokens += count
	}
	if tokens == 0 {
		return 0, reference.CheckRow(widened(row))
	}
	return tokens, nil
}

// isMasked reports whether x is −Inf. It compares integers, which the compiler turns
// into instructions without a branch; random masks would make a branch slow.
func isMasked(x float32) bool { return math.Float32bits(x) == 0xFF800000 }

func (j *job[E]) uniformLogSumExpRow(m *masses, r int, row []E, _ float64) error {
	tokens, err := j.support(m, row)
	if err == nil {
		j.values[r] = math.Log(float64(tokens))
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
		j.values[r] = -math.Log(float64(tokens))
	}
	return nil
}

func (j *job[E]) uniformAnnealRow(m *masses, r int, row []E, _ float64) error {
	tokens, err := j.support(m, row)
	if err != nil {
		return err
	}
	dst := j.probabilities(r)
	p := float32(1 / float64(tokens))
	for ; len(row) > 0; row, dst = row[min(chunkLength, len(row)):], dst[min(chunkLength, len(row)):] {
		for i, x := range wide(m.room[:], row[:min(chunkLength, len(row))]) {
			dst[i] = p
			if isMasked(x) {
				dst[i] = 0
			}
		}
	}
	return nil
}

// uniformSampleRow draws the token that has ⌊u·n⌋ unmasked tokens before it. It finds
// the chunk first. As an example, u = .5 and the logits [0 −Inf 0 0] give token 2.
func (j *job[E]) uniformSampleRow(m *masses, r int, row []E, _ float64) error {
	if err := checkUniform(j.u[r], row); err != nil {
		return err
	}
	tokens, err := j.support(m, row)
	if err != nil {
		return err
	}
	before := math.Floor(j.u[r] * float64(tokens))
	before = math.Min(before, float64(tokens-1)) // the product may have been rounded up
	at := 0
	for _, count := range m.parts[:m.n] {
		if before < count {
			break
		}
		before -= count
		at += stride(len(row), chunkLength, mostChunks)
	}
	for ; ; at++ {
		if isMasked(float32Of(row[at])) {
			continue
		}
		if before == 0 {
			j.drawn[r] = at
			return nil
		}
		before--
	}
}
