package sequence

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"temper/bench/elementary"
	"temper/reference"
)

// LogPartition returns log Z = log Σ_x p(x)^(1/T) over the sequences of this length,
// in nats: log z(begin) for one token, 0 for none. It takes the cheaper of two
// ways, length products with a vector, or 2·log₂(length) products of matrices,
// and rescales after each; where the range of p^(1/T) is too wide for float64,
// it sums in logs.
//
// Errors: [reference.ErrTemperature] outside (0, +Inf], [reference.ErrShape] for a
// negative length.
func (c *Chain) LogPartition(length int, temperature float64) (float64, error) {
	if !(temperature > 0) {
		return 0, fmt.Errorf("partition at temperature %v: %w", temperature, reference.ErrTemperature)
	}
	if length < 0 {
		return 0, fmt.Errorf("length %d: %w", length, reference.ErrShape)
	}
	if length == 0 {
		return 0, nil
	}
	logZ, ok := c.logPartition(length-1, temperature)
	if !ok {
		logZ = c.sumInLogs(length-1, temperature)
	}
	return logZ, nil
}

// LogPartitions fills dst with [Chain.LogPartition] at each temperature, on all
// processors. Errors are the same, and [reference.ErrShape] unless there are as many
// places as temperatures.
func (c *Chain) LogPartitions(dst []float64, length int, temperatures []float64) error {
	if len(dst) != len(temperatures) {
		return fmt.Errorf("%d places for %d temperatures: %w", len(dst), len(temperatures), reference.ErrShape)
	}
	errs := make([]error, len(dst))
	var group sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(dst))
	for w := range workers {
		group.Go(func() {
			for i := w; i < len(dst); i += workers {
				dst[i], errs[i] = c.LogPartition(length, temperatures[i])
			}
		})
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("temperature %d: %w", i, err)
		}
	}
	return nil
}

func (c *Chain) logPartition(steps int, temperature float64) (logZ float64, ok bool) {
	first, matrix := make([]float64, c.vocab), make([]float64, len(c.next))
	logFirst, ok := powers(first, c.first, temperature)
	if !ok {
		return 0, false
	}
	future, logFuture := ones(c.vocab), 0.0
	if steps > 0 {
		logMatrix, ok := powers(matrix, c.next, temperature)
		if !ok {
			return 0, false
		}
		m := blas64.General{Rows: c.vocab, Cols: c.vocab, Stride: c.vocab, Data: matrix}
		if squaringIsCheaper(steps, c.vocab) {
			logFuture, ok = powerTimes(m, future, steps)
		} else {
			logFuture, ok = timesRepeatedly(m, future, steps)
		}
		if !ok {
			return 0, false
		}
		logFuture += float64(steps) * logMatrix
	}
	x := blas64.Vector{N: c.vocab, Inc: 1, Data: first}
	total := blas64.Dot(x, blas64.Vector{N: c.vocab, Inc: 1, Data: future})
	return logFirst + logFuture + math.Log(total), true
}

func squaringIsCheaper(steps, vocab int) bool { return steps > 2*vocab*bits.Len(uint(steps)) }

// timesRepeatedly overwrites x with m^steps·x, rescaled, and returns the logarithm
// of the scale.
func timesRepeatedly(m blas64.General, x []float64, steps int) (log float64, ok bool) {
	y := make([]float64, len(x))
	for range steps {
		blas64.Gemv(blas.NoTrans, 1, m, vector(x), 0, vector(y))
		copy(x, y)
		scale, ok := rescale(x)
		if !ok {
			return 0, false
		}
		log += scale
	}
	return log, true
}

// powerTimes does the same for steps > 0 by squaring m, which it overwrites.
func powerTimes(m blas64.General, x []float64, steps int) (log float64, ok bool) {
	y, square := make([]float64, len(x)), m
	square.Data = make([]float64, len(m.Data))
	logM := 0.0
	for {
		if steps&1 == 1 {
			blas64.Gemv(blas.NoTrans, 1, m, vector(x), 0, vector(y))
			copy(x, y)
			scale, ok := rescale(x)
			if !ok {
				return 0, false
			}
			log += logM + scale
		}
		if steps >>= 1; steps == 0 {
			return log, true
		}
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, m, m, 0, square)
		m, square = square, m
		scale, ok := rescale(m.Data)
		if !ok {
			return 0, false
		}
		logM = 2*logM + scale
	}
}

// Future fills dst with log Z(u), the future partition after token u, for every
// number of tokens left: row left, column u, (length+1) × vocab, with zeros in
// row 0. Exact sampling reads a row of this table for every token. Errors are those
// of [Chain.LogPartition], and [reference.ErrShape] for a dst of another size.
func (c *Chain) Future(dst []float64, length int, temperature float64) error {
	if !(temperature > 0) {
		return fmt.Errorf("partition at temperature %v: %w", temperature, reference.ErrTemperature)
	}
	if length < 0 || len(dst) != (length+1)*c.vocab {
		return fmt.Errorf("%d places for %d lengths and %d tokens: %w", len(dst), length+1, c.vocab, reference.ErrShape)
	}
	clear(dst[:c.vocab])
	if !c.future(dst, length, temperature) {
		c.futureInLogs(dst, length, temperature)
	}
	return nil
}

func (c *Chain) future(dst []float64, length int, temperature float64) (ok bool) {
	matrix, x, y := make([]float64, len(c.next)), ones(c.vocab), make([]float64, c.vocab)
	logMatrix, ok := powers(matrix, c.next, temperature)
	if !ok {
		return false
	}
	m := blas64.General{Rows: c.vocab, Cols: c.vocab, Stride: c.vocab, Data: matrix}
	log := 0.0
	for left := 1; left <= length; left++ {
		blas64.Gemv(blas.NoTrans, 1, m, vector(x), 0, vector(y))
		x, y = y, x
		scale, ok := rescale(x)
		if !ok {
			return false
		}
		log += logMatrix + scale
		row := dst[left*c.vocab:][:c.vocab]
		for u, v := range x {
			if v == 0 {
				row[u] = math.Inf(-1)
			} else {
				row[u] = elementary.Log2(v)*math.Ln2 + log
			}
		}
	}
	return true
}

// futureInLogs is Future for powers beyond the range of float64.
func (c *Chain) futureInLogs(dst []float64, length int, temperature float64) {
	terms := make([]float64, c.vocab)
	for left := 1; left <= length; left++ {
		before, row := dst[(left-1)*c.vocab:][:c.vocab], dst[left*c.vocab:][:c.vocab]
		for u := range row {
			row[u] = logSum(terms, c.row(u), before, temperature)
		}
	}
}

// sumInLogs is LogPartition for powers beyond the range of float64.
func (c *Chain) sumInLogs(steps int, temperature float64) float64 {
	table := make([]float64, 2*c.vocab)
	before, after := table[:c.vocab], table[c.vocab:]
	terms := make([]float64, c.vocab)
	for range steps {
		for u := range after {
			after[u] = logSum(terms, c.row(u), before, temperature)
		}
		before, after = after, before
	}
	return logSum(terms, c.first, before, temperature)
}

// logSum is log Σ_v exp(logp_v / T + future_v). It overwrites terms.
func logSum(terms, logp, future []float64, temperature float64) float64 {
	largest := math.Inf(-1)
	for v, x := range logp {
		terms[v] = math.Inf(-1)
		if !math.IsInf(x, -1) {
			terms[v] = x/temperature + future[v]
		}
		largest = math.Max(largest, terms[v])
	}
	if math.IsInf(largest, -1) {
		return largest
	}
	total := 0.0
	for _, x := range terms {
		total += math.Exp(x - largest)
	}
	return largest + math.Log(total)
}

func vector(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }

func ones(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1
	}
	return x
}
