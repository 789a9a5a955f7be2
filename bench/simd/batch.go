package simd

import "math"

// A row of 28 logits takes less time than what is done once for a row: its k, the sum of
// the lanes, the logarithm, the calls. Where the arithmetic can, up to batchRows rows
// are processed step by step, each step for all of them, and every row has the bits that
// it has alone. Where powers are stored, this pays for rows of up to shortRow logits,
// elsewhere for those of up to a chunk. As an example, a matrix of 83 rows is a batch of
// 64, one of 16, and three rows.
const (
	shortRow  = 64
	batchRows = 64
	octet     = 8 // rows that are in one step of the assembly
)

// batch is what its rows have: as in mass, sum · 2^k for each.
type batch struct {
	k, sum, log2 [batchRows]float64
	shift, least [batchRows]float32 // see affine
	factor       [batchRows]float32
}

// A batchFunc processes the rows from r on, a multiple of octet and at most batchRows. It
// leaves rows alone that are bad, or whose powers do not fit: these have to be processed
// one by one.
type batchFunc[E Logit] func(j *job[E], m *masses, r int, rows []E, c float64) (left rowSet)

// rowSet is a set of rows of a batch: bit i stands for row i.
type rowSet uint64

func (s rowSet) has(i int) bool { return s>>i&1 == 1 }
func (s *rowSet) add(i int)     { *s |= 1 << i }

// sound reports whether a row has a distribution, and a k that the powers of the row
// would have alone: see pass.
func (j *job[E]) sound(row mass) bool { return math.Abs(row.k) <= j.reach/2 && row.valid() }

// unsound returns the other rows of a batch.
func (j *job[E]) unsound(b *batch, rows int) (left rowSet) {
	for i, k := range b.k[:rows] {
		if !j.sound(mass{b.sum[i], k}) {
			left.add(i)
		}
	}
	return left
}

// measureBatch computes the masses of rows and their logarithms to base 2, less k.
func (j *job[E]) measureBatch(b *batch, rows []E, c float64) (left rowSet) {
	n := len(rows) / j.vocab
	j.sumRows(b, rows, j.vocab, c)
	j.log2Rows(b.log2[:n], b.sum[:n])
	return j.unsound(b, n)
}

func (j *job[E]) logSumExpBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, values := &m.batch, j.values[r:r+len(rows)/j.vocab]
	left = j.measureBatch(b, rows, c)
	for i := range values {
		if !left.has(i) {
			values[i] = (b.log2[i] + b.k[i]) * math.Ln2
		}
	}
	return left
}

func (j *job[E]) logProbsBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, values, logits := &m.batch, j.values[r:r+len(rows)/j.vocab], widened(rows)
	left = j.measureBatch(b, rows, c)
	for i, token := range j.tokens[r : r+len(values)] {
		if uint(token) >= uint(j.vocab) {
			left.add(i)
		}
		if !left.has(i) {
			values[i] = (exponent(logits[i*j.vocab+token], c, b.k[i]) - b.log2[i]) * math.Ln2
		}
	}
	return left
}

func (j *job[E]) annealBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, dst, n := &m.batch, j.p[r*j.vocab:][:len(rows)], len(rows)/j.vocab
	j.weighRows(b, m.powers[:], rows, j.vocab, c)
	left = j.unsound(b, n)
	for i, sum := range b.sum[:n] {
		b.factor[i] = float32(1 / sum)
	}
	if left == 0 {
		j.scaleRows(dst, m.powers[:], b.factor[:n], j.vocab)
		return 0
	}
	for i := range n {
		if !left.has(i) {
			j.scaleRows(dst[i*j.vocab:][:j.vocab], m.powers[i*shortRow:], b.factor[i:i+1], j.vocab)
		}
	}
	return left
}

func (j *job[E]) sampleBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, u := &m.batch, j.u[r:r+len(rows)/j.vocab]
	j.powerRows(b, m.powers[:], rows, j.vocab, c)
	for i, u := range u {
		token, total := j.locate(m.powers[i*shortRow:][:roundedUp(j.vocab)], u)
		if u >= 0 && u < 1 && j.sound(mass{total, b.k[i]}) {
			j.drawn[r+i] = token
		} else {
			left.add(i)
		}
	}
	return left
}
