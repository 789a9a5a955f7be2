package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"

	"temper/reference"
)

// The smallest matrix that is split, some rows of it bad.
const (
	splitRows  = 67
	splitVocab = parallelFrom/splitRows + 1
)

func splitMatrix() []float32 {
	logits := make([]float32, splitRows*splitVocab)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range logits {
		logits[i] = float32(3 * r.NormFloat64())
	}
	for _, row := range []int{3, 29, 30, 66} {
		logits[row*splitVocab+row] = float32(math.NaN())
	}
	return logits
}

// answers are those of all operations on a matrix, with their errors.
func answers(k reference.Kernels, logits []float32) []any {
	r := rand.New(rand.NewPCG(3, 4))
	tokens, u := make([]int, splitRows), make([]float64, splitRows)
	for i := range tokens {
		tokens[i], u[i] = r.IntN(splitVocab), r.Float64()
	}
	lse, logp, p := make([]float64, splitRows), make([]float64, splitRows), make([]float32, len(logits))
	sampled, drawn := make([]int, splitRows), make([]int, splitRows)
	errs := []error{
		k.LogSumExp(lse, logits, .7),
		k.LogProbs(logp, logits, tokens, .7),
		k.Anneal(p, logits, splitRows, .7),
		k.Sample(sampled, logits, u, .7),
		k.Draw(drawn, logits, rand.NewPCG(5, 6), .7),
	}
	bits := make([]uint32, len(p)) // NaN equals itself there
	for i, x := range p {
		bits[i] = math.Float32bits(x)
	}
	return []any{lse, logp, bits, sampled, drawn, fmt.Sprint(errs)}
}

func withThreads(n int, do func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
	do()
}

func TestThreadsChangeNoBitAndNoError(t *testing.T) {
	logits := splitMatrix()
	for _, k := range Float32Variants() {
		if !k.Available {
			continue // TestEveryVariantKeepsTheLaws says so
		}
		var want []any
		withThreads(1, func() { want = answers(k, logits) })
		if errs := want[len(want)-1].(string); strings.Count(errs, "row 29") != 5 {
			t.Fatalf("%s does not name its bad rows: %s", k.Name, errs)
		}
		for _, n := range []int{2, 5} {
			withThreads(n, func() {
				if !reflect.DeepEqual(answers(k, logits), want) {
					t.Errorf("%s: %d threads give other answers than one", k.Name, n)
				}
			})
		}
	}
}

func TestCallersDoNotDisturbEachOther(t *testing.T) {
	logits, k := splitMatrix(), reference.Kernels(Best[float32]())
	want := answers(k, logits)
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			for range 3 {
				if !reflect.DeepEqual(answers(k, logits), want) {
					t.Error("a call beside others gives other answers")
				}
			}
		})
	}
	callers.Wait()
}

func TestAPanicInAThreadReachesTheCaller(t *testing.T) {
	logits := splitMatrix()
	failing := *portable32
	failing.sum = func(x []float32, c, k float64) (float64, bool) {
		if x[0] == logits[50*splitVocab] {
			panic("row 50")
		}
		return sum(x, c, k)
	}
	withThreads(4, func() {
		defer func() {
			if p := recover(); p != "row 50" {
				t.Errorf("recovered %v, want row 50", p)
			}
		}()
		failing.logSumExp(make([]float64, splitRows), logits, .7)
	})
}

func TestThreadsAllocateNothing(t *testing.T) {
	if RaceDetector {
		t.Skip("pools drop what they are given")
	}
	const calls = 1000
	logits, dst := make([]float32, splitRows*splitVocab), make([]float64, splitRows)
	drawn, src := make([]int, splitRows), rand.NewPCG(1, 2)
	k := Best[float32]()
	call := func() {
		k.LogSumExp(dst, logits, .7)
		k.Draw(drawn, logits, src, .7)
	}
	withThreads(2, func() {
		var before, after runtime.MemStats
		call()
		runtime.ReadMemStats(&before)
		for range calls {
			call()
		}
		runtime.ReadMemStats(&after)
		// The runtime itself allocates: a pool's shelf, and up to 64 goroutines a
		// thread, until finished ones come back to the thread that starts them.
		if allocated := after.Mallocs - before.Mallocs; allocated > calls/4 {
			t.Errorf("%d allocations in %d calls", allocated, calls)
		}
	})
}
