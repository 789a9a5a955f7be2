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
	border       [batchRows]border // see short.go
}

// A batchFunc processes the rows from r on, a multiple of octet and at most batchRows. It
// leaves rows alone that are bad, or out of reach: these have to be processed one by one.
type batchFunc[E Logit] func(j *job[E], m *masses, r int, rows []E, c float64) (left rowSet)

// rowSet is a set of rows of a batch: bit i stands for row i.
type rowSet uint64

func (s rowSet) has(i int) bool { return s>>i&1 == 1 }
func (s *rowSet) add(i int)     { *s |= 1 << i }

// rowsFunc is sumRows, weighRows or powerRows.
type rowsFunc[E Logit] func(b *batch, from int, w []float32, rows []E, vocab int, c float64)

// mass is that of a row.
func (b *batch) mass(i int) mass { return mass{b.sum[i], b.k[i]} }

// compute computes the masses of all rows, by the k of their first logits. As pass does,
// it turns to the largest logit of a row where this k is out of reach or does not fit.
func (j *job[E]) compute(do rowsFunc[E], m *masses, rows []E, c float64) (left rowSet) {
	b, n := &m.batch, len(rows)/j.vocab
	row := func(i int) []E { return rows[i*j.vocab : (i+1)*j.vocab] }
	near := func(k float64) bool { return math.Abs(k) <= j.reach/2 }
	if n%octet == 0 {
		j.offsetRows(b, rows, j.vocab, c)
	} else {
		for i := range n {
			b.setOffset(i, j.offset(float64(float32Of(row(i)[0]))*c), c)
		}
	}
	for i, k := range b.k[:n] {
		if !near(k) && !near(j.offsetByMaximum(b, i, row(i), c)) {
			left.add(i)
		}
	}
	do(b, 0, m.powers[:], rows, j.vocab, c)
	for i := range n {
		if b.mass(i).valid() || left.has(i) {
			continue
		}
		k := b.k[i]
		if largest := j.offsetByMaximum(b, i, row(i), c); near(largest) && largest != k {
			do(b, i, m.powers[:], row(i), j.vocab, c)
		}
		if !b.mass(i).valid() {
			left.add(i)
		}
	}
	return left
}

// offsetByMaximum gives a row the k of its largest logit, and returns it.
func (j *job[E]) offsetByMaximum(b *batch, i int, row []E, c float64) (k float64) {
	k = j.offset(float64(j.maximum(row)) * c)
	b.setOffset(i, k, c)
	return k
}

func (b *batch) setOffset(i int, k, c float64) {
	a := affineOf(c, k)
	b.k[i], b.shift[i], b.least[i] = k, a.shift, a.least
}

// measureBatch computes the masses of rows and their logarithms to base 2, less k.
func (j *job[E]) measureBatch(m *masses, rows []E, c float64) (left rowSet) {
	b, n := &m.batch, len(rows)/j.vocab
	left = j.compute(j.sumRows, m, rows, c)
	j.log2Rows(b.log2[:n], b.sum[:n])
	return left
}

func (j *job[E]) logSumExpBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, values := &m.batch, j.values[r:r+len(rows)/j.vocab]
	left = j.measureBatch(m, rows, c)
	for i := range values {
		if !left.has(i) {
			values[i] = (b.log2[i] + b.k[i]) * math.Ln2
		}
	}
	return left
}

func (j *job[E]) logProbsBatch(m *masses, r int, rows []E, c float64) (left rowSet) {
	b, values, logits := &m.batch, j.values[r:r+len(rows)/j.vocab], widened(rows)
	left = j.measureBatch(m, rows, c)
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
	left = j.compute(j.weighRows, m, rows, c)
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
	left = j.compute(j.powerRows, m, rows, c)
	for i, u := range u {
		token, total := j.locate(m.powers[i*shortRow:][:roundedUp(j.vocab)], u)
		if !(u >= 0 && u < 1) || !(mass{total, b.k[i]}).valid() {
			left.add(i)
		}
		if !left.has(i) {
			j.drawn[r+i] = token
		}
	}
	return left
}
