package props

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// memoryLaws are about what an operation may read, write, keep and share.
func memoryLaws() []Law {
	laws := []Law{annealInPlaceLaw()}
	for _, op := range operation.All() {
		laws = append(laws, inputsLaw(op), fencesLaw(op), concurrentLaw(op), allocationLaw(op))
	}
	return laws
}

func annealInPlaceLaw() Law {
	return batchLaw{
		id:        "Anneal/InPlace",
		claim:     "dst may be logits itself, and the answer is the same",
		source:    "contract",
		of:        partOf(operation.Anneal),
		inputs:    mustDomain.rows(3),
		covered:   mustDomain.covered(3),
		witnesses: []batch{shortBatch(), longPair()},
		judge:     annealsInPlace,
	}.erased()
}

func annealsInPlace(k reference.Kernels, b batch) error {
	q := b.query()
	apart, err := operation.Anneal.Answer(k, q)
	if err != nil {
		return err
	}
	in := slices.Clone(q.Logits)
	if err := k.Anneal(in, in, q.Rows, q.Temperature); err != nil {
		return fmt.Errorf("in place: %w", err)
	}
	for r, row := range operation.Columns(in, len(in)/q.Rows) {
		if !slices.Equal(row, apart[r]) {
			return fmt.Errorf("row %d: %s in place, %s apart", r, brief(row), brief(apart[r]))
		}
	}
	return nil
}

func inputsLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Inputs",
		claim:     "inputs are never changed, nor what lies behind inputs and answers up to their capacity",
		source:    "guidance#1327, CodonTransformer#20: scaling in place, compounding",
		of:        partOf(op),
		inputs:    domainOf(op).rows(3),
		covered:   domainOf(op).covered(3),
		witnesses: []batch{longPair()},
		judge:     leavesInputs(op),
	}.erased()
}

func leavesInputs(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		q := b.query()
		logits, logitsSame := guarded(q.Logits)
		tokens, tokensSame := guarded(q.Tokens)
		u, uSame := guarded(q.U)
		drawn, drawnSame := guarded(make([]int, q.Rows))
		numbers, numbersSame := guarded(make([]float64, q.Rows))
		p, pSame := guarded(make([]float32, len(q.Logits)))
		q.Logits, q.Tokens, q.U = logits, tokens, u
		if err := op.Call(k, q, operation.Destination{Nats: numbers, Probabilities: p, Draws: drawn}); err != nil {
			return fmt.Errorf("%s refused good rows: %w", op.Name, err)
		}
		switch {
		case !logitsSame(false):
			return errors.New("logits were changed")
		case !tokensSame(false) || !uSame(false):
			return errors.New("tokens or uniform numbers were changed")
		case !drawnSame(true) || !numbersSame(true) || !pSame(true):
			return errors.New("something was written behind the end of dst")
		}
		return nil
	}
}

func fencesLaw(op operation.Operation) Law {
	return batchLaw{
		id:     op.Name + "/Fences",
		claim:  "nothing is read or written outside the slices: they lie against protected pages",
		source: "vector loops that run past the end of a row",
		of: part[reference.Kernels]{
			words:    partOf(op).words + ", where pages can be protected",
			provided: func(k reference.Kernels) bool { return hasFences && op.Provided(k) },
		},
		inputs:    domainOf(op).rows(2),
		witnesses: []batch{longPair()},
		judge:     staysInside(op),
	}.erased()
}

func staysInside(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		q := b.query()
		for _, atEnd := range []bool{true, false} {
			if err := askFenced(op, k, q, atEnd); err != nil {
				return err
			}
		}
		return nil
	}
}

// askFenced asks with every slice in fenced memory.
func askFenced(op operation.Operation, k reference.Kernels, q operation.Query, atEnd bool) (err error) {
	var frees []func()
	defer func() {
		for _, free := range frees {
			free()
		}
	}()
	logits := fencedCopy(q.Logits, atEnd, &frees, &err)
	tokens := fencedCopy(q.Tokens, atEnd, &frees, &err)
	u := fencedCopy(q.U, atEnd, &frees, &err)
	drawn := fencedCopy(make([]int, q.Rows), atEnd, &frees, &err)
	numbers := fencedCopy(make([]float64, q.Rows), atEnd, &frees, &err)
	p := fencedCopy(make([]float32, len(q.Logits)), atEnd, &frees, &err)
	if err != nil {
		return fmt.Errorf("no fenced memory on this machine: %w", err)
	}
	q.Logits, q.Tokens, q.U = logits, tokens, u
	if err := op.Call(k, q, operation.Destination{Nats: numbers, Probabilities: p, Draws: drawn}); err != nil {
		return fmt.Errorf("%s refused good rows: %w", op.Name, err)
	}
	return nil
}

func fencedCopy[E int | float32 | float64](values []E, atEnd bool, frees *[]func(), err *error) []E {
	memory, free, failed := fenced[E](len(values), atEnd)
	if failed != nil {
		*err = failed
		return nil
	}
	*frees = append(*frees, free)
	copy(memory, values)
	return memory
}

func concurrentLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Concurrent",
		claim:     "eight goroutines with their own arguments get the answers that one gets",
		source:    "go#16205: generator shared between goroutines",
		of:        partOf(op),
		witnesses: []batch{tallBatch(), longBatch()},
		judge:     answersConcurrently(op),
	}.erased()
}

func answersConcurrently(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		const goroutines = 8
		step, rows := 10, 50
		if len(b.rows) < 100 {
			step, rows = 1, 2
		}
		ask := func(i int) ([][]float64, error) {
			part := batch{rows: b.rows[i*step : i*step+rows], temperature: b.temperature, seed: b.seed + uint64(i)}
			return op.Answer(k, part.query())
		}
		return sameBeside(goroutines, 4, ask, rowsDiffer("seven"))
	}
}

func allocationLaw(op operation.Operation) Law {
	return batchLaw{
		id:        op.Name + "/Allocation",
		claim:     "nothing is allocated in steady state",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(op),
		witnesses: []batch{tallBatch()},
		judge:     allocatesNothing(op),
	}.erased()
}

func allocatesNothing(op operation.Operation) func(reference.Kernels, batch) error {
	return func(k reference.Kernels, b batch) error {
		b.rows = b.rows[:16]
		q := b.query()
		dst := op.Destination(q)
		const calls = 20
		fewest, err := fewestAllocations(calls, func() error { return op.Call(k, q, dst) })
		if err != nil {
			return err
		}
		if fewest >= calls {
			return fmt.Errorf("%d allocations in %d calls", fewest, calls)
		}
		return nil
	}
}

// fewestAllocations counts those of so many calls five times, and takes the fewest: other
// goroutines allocate too.
func fewestAllocations(calls int, call func() error) (uint64, error) {
	fewest := uint64(math.MaxUint64)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			if err := call(); err != nil {
				return 0, err
			}
		}
		runtime.ReadMemStats(&after)
		fewest = min(fewest, after.Mallocs-before.Mallocs)
	}
	return fewest, nil
}
