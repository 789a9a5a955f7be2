package simd

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"temper/reference"
)

// worthwhile is the number of logits from which on the rows of a matrix are split
// over threads: the fastest variant takes 20 µs for as many, another thread wakes
// up in less than 10.
const worthwhile = 1 << 18

// handful is how many logits a thread takes at a time, at least: the less, the
// sooner all are done on a machine that does something else too.
const handful = 1 << 16

// task is what is asked of every row.
type task int

const (
	logSumExp task = iota
	uniformLogSumExp
	logProbs
	greedyLogProbs
	uniformLogProbs
	anneal
	greedyAnneal
	uniformAnneal
	sample
	greedySample
	uniformSample
)

// job is one operation on a matrix: what was asked, and how far it is.
type job[E Logit] struct {
	*arithmetic[E]
	task
	logits         []E
	rows, vocab    int
	c, temperature float64

	values []float64 // results of LogSumExp and LogProbs
	p      []float32 // results of Anneal
	drawn  []int     // results of Sample and Draw
	tokens []int
	u      []float64

	next   atomic.Int64 // row that nobody has taken yet
	help   func()       // work, as a value that go takes without allocating
	others sync.WaitGroup

	mutex    sync.Mutex
	bad      reference.RowErrors
	panicked any
}

// Jobs and masses are kept for the next call: nothing is allocated then.
func jobs[E Logit]() *sync.Pool {
	return &sync.Pool{New: func() any {
		j := &job[E]{}
		j.help = func() {
			defer j.others.Done()
			j.work()
		}
		return j
	}}
}

var allMasses = sync.Pool{New: func() any { return &masses{} }}

// job prepares an operation on rows of logits.
func (a *arithmetic[E]) job(logits []E, rows int, c, temperature float64) *job[E] {
	j := a.jobs.Get().(*job[E])
	j.arithmetic, j.logits, j.rows, j.c, j.temperature = a, logits, rows, c, temperature
	return j
}

// run answers all rows and collects what was wrong with some. Rows are answered
// one by one, so that their bits depend on nothing else. A panic in another thread
// becomes one of the caller's.
func (j *job[E]) run(t task) (err error) {
	if j.vocab, err = reference.Vocab(len(j.logits), j.rows); err != nil {
		return err
	}
	j.task = t
	j.next.Store(0)
	if threads := j.threads(); threads > 1 {
		faults := debug.SetPanicOnFault(true)
		j.others.Add(threads - 1)
		for range threads - 1 {
			go j.help()
		}
		j.work()
		j.others.Wait()
		debug.SetPanicOnFault(faults)
		if j.panicked != nil {
			panic(j.panicked)
		}
	} else {
		j.answerAll()
	}
	slices.SortFunc(j.bad, func(a, b reference.RowError) int { return cmp.Compare(a.Row, b.Row) })
	err = j.bad.Err()
	j.forget()
	return err
}

func (j *job[E]) threads() int {
	if len(j.logits) < worthwhile || j.rows == 1 {
		return 1
	}
	return min(runtime.GOMAXPROCS(0), j.rows)
}

// work answers rows beside other threads. A fault is a panic there, as any
// other.
func (j *job[E]) work() {
	debug.SetPanicOnFault(true)
	defer func() {
		if p := recover(); p != nil {
			j.mutex.Lock()
			j.panicked = p
			j.mutex.Unlock()
		}
	}()
	j.answerAll()
}

// answerAll answers rows until none is left.
func (j *job[E]) answerAll() {
	m := allMasses.Get().(*masses)
	step := max(1, handful/max(1, j.vocab))
	for {
		end := int(j.next.Add(int64(step)))
		for r := end - step; r < min(end, j.rows); r++ {
			if err := j.answer(m, r, j.logits[r*j.vocab:(r+1)*j.vocab]); err != nil {
				j.mutex.Lock()
				j.bad = append(j.bad, reference.RowError{Row: r, Err: err})
				j.mutex.Unlock()
			}
		}
		if end >= j.rows {
			break
		}
	}
	allMasses.Put(m)
}

// answer is of one row.
func (j *job[E]) answer(m *masses, r int, row []E) error {
	switch j.task {
	case logSumExp:
		return j.logSumExpRow(m, r, row)
	case uniformLogSumExp:
		return j.uniformLogSumExpRow(m, r, row)
	case logProbs:
		return j.logProbsRow(m, r, row)
	case greedyLogProbs:
		return j.greedyLogProbsRow(m, r, row)
	case uniformLogProbs:
		return j.uniformLogProbsRow(m, r, row)
	case anneal:
		return j.annealRow(m, r, row)
	case greedyAnneal:
		return j.greedyAnnealRow(m, r, row)
	case uniformAnneal:
		return j.uniformAnnealRow(m, r, row)
	case sample:
		return j.sampleRow(m, r, row)
	case greedySample:
		return j.greedySampleRow(m, r, row)
	default:
		return j.uniformSampleRow(m, r, row)
	}
}

// checkToken is nil for a token of the row's vocabulary. Of a row whose logits are
// bad too it names those, as the reference does.
func checkToken[E Logit](token int, row []E) error {
	return logitsFirst(reference.CheckToken(token, len(row)), row)
}

// checkDraw is nil for u in [0, 1), and like checkToken otherwise.
func checkDraw[E Logit](u float64, row []E) error {
	return logitsFirst(reference.CheckUniform(u), row)
}

// logitsFirst is nil for nil, else what is wrong with the logits of the row, else
// err.
func logitsFirst[E Logit](err error, row []E) error {
	if err == nil {
		return nil
	}
	return cmp.Or(reference.CheckRow(widened(row)), err)
}

// forget lets go of what was asked and keeps the job.
func (j *job[E]) forget() {
	j.logits, j.values, j.p, j.drawn, j.tokens, j.u, j.bad = nil, nil, nil, nil, nil, nil, nil
	j.jobs.Put(j)
}

// measure passes over a row and totals it; ok is false for a bad row, and for
// one that is out of reach.
func (a *arithmetic[E]) measure(m *masses, row []E, c float64) (total mass, ok bool) {
	if a.pass(m, nil, row, c) < len(row) {
		return total, false
	}
	total = m.total()
	return total, total.valid()
}
