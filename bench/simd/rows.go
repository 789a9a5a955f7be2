package simd

import (
	"cmp"
	"math"
	"math/bits"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"temper/reference"
)

// A matrix is processed row by row: the bits of a row depend on no other row. The
// rows of a large matrix are shared between threads, each of which takes the next
// few rows that are left until there are none. Errors of rows are collected, and
// the caller gets them as one error, in the order of the rows.

// parallelFrom is the number of logits from which on several threads share a
// matrix. The fastest variant needs 20 µs for as many, and another thread is awake
// in less than 10 µs.
const parallelFrom = 1 << 18

// grain is how many logits a thread takes at a time, in whole rows. Where it is
// large, a thread that another program has interrupted keeps the others waiting.
const grain = 1 << 16

// job is one call of an operation: its arguments, and which rows are left.
type job[E Logit] struct {
	*arithmetic[E]
	operation   *operation[E]
	logits      []E
	rows, vocab int
	temperature float64

	values []float64 // results of LogSumExp and LogProbs
	p      []float32 // results of Anneal
	drawn  []int     // results of Sample and Draw
	tokens []int
	u      []float64 // nil for Draw at T = 0

	sampler *sampler // see sampler.go
	how     []reference.Sampling
	kept    []bool // results of Keep

	next   atomic.Int64 // the first row that no thread has taken
	help   func()       // runs in another thread; kept, because "go" would allocate it
	others sync.WaitGroup

	mutex    sync.Mutex
	bad      reference.RowErrors
	panicked any
}

// Jobs and masses are used again by later calls, which then allocate nothing.
func jobs[E Logit]() *sync.Pool {
	return &sync.Pool{New: func() any {
		j := &job[E]{}
		j.help = func() {
			defer j.others.Done()
			j.processBesideOthers()
		}
		return j
	}}
}

var massesPool = sync.Pool{New: func() any { return &masses{} }}

// job prepares an operation on rows of logits.
func (a *arithmetic[E]) job(logits []E, rows int, temperature float64) *job[E] {
	j := a.jobs.Get().(*job[E])
	j.arithmetic, j.logits, j.rows, j.temperature = a, logits, rows, temperature
	return j
}

// run processes all rows and returns what is wrong with the shape or with rows. A
// panic in another thread becomes a panic of the caller.
func (j *job[E]) run(o *operation[E]) (err error) {
	if j.vocab, err = reference.Vocab(len(j.logits), j.rows); err != nil {
		return err
	}
	j.operation = o
	j.next.Store(0)
	if threads := j.threads(); threads > 1 {
		faults := debug.SetPanicOnFault(true)
		j.others.Add(threads - 1)
		for range threads - 1 {
			go j.help()
		}
		j.processBesideOthers()
		j.others.Wait()
		debug.SetPanicOnFault(faults)
		if j.panicked != nil {
			panic(j.panicked)
		}
	} else {
		j.process()
	}
	slices.SortFunc(j.bad, func(a, b reference.RowError) int { return cmp.Compare(a.Row, b.Row) })
	err = j.bad.Err()
	j.release()
	return err
}

func (j *job[E]) threads() int {
	if len(j.logits) < parallelFrom || j.rows == 1 {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), j.rows)
}

// processBesideOthers is process in one of several threads. It keeps a panic for
// run, and turns a fault into one.
func (j *job[E]) processBesideOthers() {
	debug.SetPanicOnFault(true)
	defer func() {
		if p := recover(); p != nil {
			j.mutex.Lock()
			j.panicked = p
			j.mutex.Unlock()
		}
	}()
	j.process()
}

// process takes rows until none is left.
func (j *job[E]) process() {
	m := massesPool.Get().(*masses)
	m.apart = len(j.logits) > j.chunksUpTo
	step := max(1, grain/max(1, j.vocab))
	if step > batchRows {
		step -= step % batchRows
	}
	var do rowFunc[E]
	var together batchFunc[E]
	temperature, c := math.NaN(), 0.
	for {
		end := int(j.next.Add(int64(step)))
		for r := end - step; r < min(end, j.rows); {
			if t := j.temperature; t != temperature {
				// Only where it differs from the row before: the division in regime takes
				// 5 % of the time of a row of 28 logits.
				temperature = t
				do, together, c = j.operation.regime(j.arithmetic, j.vocab, t)
			}
			n, left := 1, rowSet(1)
			if rows := min(end, j.rows) - r; together != nil && rows >= octet {
				n = min(rows-rows%octet, batchRows)
				left = together(j, m, r, j.logits[r*j.vocab:(r+n)*j.vocab], c)
			}
			for ; left != 0; left &= left - 1 {
				i := r + bits.TrailingZeros64(uint64(left))
				if err := do(j, m, i, j.logits[i*j.vocab:(i+1)*j.vocab], c); err != nil {
					j.reject(i, err)
				}
			}
			r += n
		}
		if end >= j.rows {
			break
		}
	}
	massesPool.Put(m)
}

// reject keeps the error of a bad row, whose probabilities become NaN.
func (j *job[E]) reject(r int, err error) {
	if j.p != nil {
		p := j.probabilities(r)
		for i := range p {
			p[i] = float32(math.NaN())
		}
	}
	j.mutex.Lock()
	j.bad = append(j.bad, reference.RowError{Row: r, Err: err})
	j.mutex.Unlock()
}

// probabilities is the part of Anneal's result that belongs to a row.
func (j *job[E]) probabilities(r int) []float32 { return j.p[r*j.vocab : (r+1)*j.vocab] }

// release keeps the job for a later call, and nothing of the caller's memory.
func (j *job[E]) release() {
	j.logits, j.values, j.p, j.drawn, j.tokens, j.u, j.bad = nil, nil, nil, nil, nil, nil, nil
	j.sampler, j.how, j.kept = nil, nil, nil
	j.jobs.Put(j)
}
