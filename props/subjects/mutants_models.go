package subjects

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference/sequence"
)

// goodModel is what the mutants of models are made from: order 2, with end and
// with impossible tokens.
func goodModel() sequence.Model {
	m, err := sequence.NewMarkov(4, 2, 3, 0, [][]int{{0, 1, 2, 1, 0, 0, 1, 3}, {1, 1, 0, 2, 3}, {2, 0, 1, 0, 1, 2, 3}, {0, 2, 2, 1, 3}})
	if err != nil {
		panic(err)
	}
	return m
}

// ringModel has no end, so that prefixes of any length are possible.
func ringModel() sequence.Model {
	text := make([]int, 300)
	for i := range text {
		text[i] = i * i / 3 % 7
	}
	m, err := sequence.NewMarkov(7, 2, -1, 0.5, [][]int{text})
	if err != nil {
		panic(err)
	}
	return m
}

func modelMutants() []mutant[sequence.Model] {
	var mutants []mutant[sequence.Model]
	add := func(source, cause string, m sequence.Model) {
		mutants = append(mutants, mutant[sequence.Model]{"model", source, cause, m, verdict.Should})
	}
	good := goodModel()
	alter := func(f func(dst []float64, prefix []int)) sequence.Model { return altered{Model: good, alter: f} }
	var mutex sync.Mutex
	var last, previous []int
	add("derived", "raw logits for log-probabilities", alter(func(dst []float64, _ []int) {
		for v := range dst {
			dst[v] += 0.5
		}
	}))
	add("mlx#4169", "log p is x − log Σ, in float32, of logits near 1e6", alter(func(dst []float64, _ []int) {
		row := make([]float32, len(dst))
		for v, x := range dst {
			row[v] = float32(x + 1e6)
		}
		for v := range dst {
			dst[v] = minusLogSumExp().logProb(row, v, 1)
		}
	}))
	add("derived", "probabilities for log-probabilities", alter(func(dst []float64, _ []int) {
		for v := range dst {
			dst[v] = math.Exp(dst[v])
		}
	}))
	add("prime-rl#697", "conditionals annealed, not renormalised", alter(func(dst []float64, _ []int) {
		for v := range dst {
			dst[v] /= 0.7
		}
	}))
	add("kenlm#38", "log₁₀", alter(func(dst []float64, _ []int) {
		for v := range dst {
			dst[v] /= math.Ln10
		}
	}))
	add("derived", "NaN for impossible tokens", alter(func(dst []float64, _ []int) {
		for v, x := range dst {
			if math.IsInf(x, -1) {
				dst[v] = math.NaN()
			}
		}
	}))
	add("genlm-control#145", "mass lost from the second token on", alter(func(dst []float64, prefix []int) {
		if len(prefix) > 0 {
			for v := range dst {
				dst[v] += math.Log1p(-0.01)
			}
		}
	}))
	add("derived", "remembers the last question", alter(func(dst []float64, prefix []int) {
		mutex.Lock()
		defer mutex.Unlock()
		if !slices.Equal(last, prefix) && len(prefix) == 1 {
			dst[0], dst[1] = dst[1], dst[0]
		}
		last = slices.Clone(prefix)
	}))
	add("derived", "keeps the prefix instead of copying it", altered{Model: good, query: func(prefix []int) []int {
		mutex.Lock()
		defer mutex.Unlock()
		if previous == nil || len(previous) != len(prefix) {
			previous = prefix
		}
		return slices.Clone(previous)
	}})
	add("derived", "sorts the prefix, in place", altered{Model: good, query: func(prefix []int) []int {
		asked := slices.Clone(prefix)
		slices.Sort(prefix)
		return asked
	}})
	add("derived", "writes the next token behind the prefix", altered{Model: good, query: func(prefix []int) []int {
		if cap(prefix) > len(prefix) {
			_ = append(prefix, 0)
		}
		return prefix
	}})
	add("derived", "token out of range clamped", altered{Model: good, query: func(prefix []int) []int { return clamped(prefix, good) }})
	add("derived", "goes on after an impossible token", forgiving{good})
	add("derived", "errors without a name", nameless{good})
	add("go#16205", "scratch shared by goroutines", &sharing{Model: good})
	long := ringModel()
	add("derived", "mass lost from the 16th token on", altered{Model: long, alter: func(dst []float64, prefix []int) {
		for v := range dst {
			if len(prefix) >= 16 {
				dst[v] += math.Log1p(-0.01)
			}
		}
	}})
	var before []float64
	add("derived", "behind 32 tokens the row of the question before", altered{Model: long, alter: func(dst []float64, prefix []int) {
		mutex.Lock()
		defer mutex.Unlock()
		if len(prefix) == 32 && before != nil {
			copy(dst, before)
			return
		}
		before = slices.Clone(dst)
	}})
	return append(mutants, statefulModels()...)
}

// forgiving answers impossible prefixes from their last token alone.
type forgiving struct{ sequence.Model }

func (f forgiving) LogConditional(dst []float64, prefix []int) error {
	err := f.Model.LogConditional(dst, prefix)
	if errors.Is(err, sequence.ErrImpossiblePrefix) {
		return f.Model.LogConditional(dst, nil)
	}
	return err
}

type nameless struct{ sequence.Model }

func (n nameless) LogConditional(dst []float64, prefix []int) error {
	if n.Model.LogConditional(dst, prefix) != nil {
		return errors.New("invalid input")
	}
	return nil
}

// sharing copies its answer through a buffer that all goroutines use.
type sharing struct {
	sequence.Model
	mutex  sync.Mutex
	buffer [4]float64
}

func (s *sharing) LogConditional(dst []float64, prefix []int) error {
	err := s.Model.LogConditional(dst, prefix)
	if err != nil || len(dst) != len(s.buffer) {
		return err
	}
	s.exchange(dst, &s.buffer)
	runtime.Gosched() // another goroutine comes between
	s.exchange(s.buffer[:], (*[4]float64)(dst))
	return nil
}

// exchange copies under the lock: the bug is the order of the copies, not a data
// race that the race detector would end the tests for.
func (s *sharing) exchange(from []float64, to *[4]float64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	copy(to[:], from)
}
