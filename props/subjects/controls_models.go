package subjects

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// modelStyles are correct models that answer in other ways.
func modelStyles() []styled[sequence.Model] {
	must := func(m sequence.Model, err error) sequence.Model {
		if err != nil {
			panic(err)
		}
		return m
	}
	joint, err := sequence.NewJoint(2, 4, slices.Repeat([]float64{1. / 16}, 16))
	one, err1 := sequence.NewMarkov(1, 1, -1, 1, nil)
	certain, err2 := sequence.NewMarkov(5, 1, -1, 0, [][]int{{0, 3, 1, 4, 2, 0}})
	return []styled[sequence.Model]{
		{"memory of whole prefixes", &rememberingModel{Model: longRing()}},
		{"a state that goes back to where prefixes part", &rewinding{Model: goodModel()}},
		{"rows in float32", narrowRows(longRing())},
		{"probabilities summed from the smallest", fromTheSmallest(ringModel())},
		{"an answer of another goroutine", altered{Model: goodModel(), query: func(prefix []int) []int {
			copied := make(chan []int)
			go func() { copied <- slices.Clone(prefix) }()
			return <-copied
		}}},
		{"rows of a pool", pooled(longRing())},
		{"sequences of four tokens", must(joint, err)},
		{"one token", must(one, err1)},
		{"one possible token behind each", must(certain, err2)},
		{"300 tokens, no row like the one before", steepModel(300)},
	}
}

// rememberingModel keeps the row of every prefix, under all of its tokens.
type rememberingModel struct {
	sequence.Model
	rows sync.Map
}

func (r *rememberingModel) LogConditional(dst []float64, prefix []int) error {
	key := fmt.Sprint(prefix)
	if row, ok := r.rows.Load(key); ok && len(dst) == r.VocabSize() {
		copy(dst, row.([]float64))
		return nil
	}
	err := r.Model.LogConditional(dst, prefix)
	if err == nil {
		r.rows.Store(key, slices.Clone(dst))
	}
	return err
}

// rewinding keeps the rows behind every token of the last prefix, and those up to where the
// next one parts from it.
type rewinding struct {
	sequence.Model
	mutex sync.Mutex
	kept  []int
	rows  [][]float64 // behind the first tokens of kept
}

func (r *rewinding) LogConditional(dst []float64, prefix []int) error {
	if len(dst) != r.VocabSize() {
		return r.Model.LogConditional(dst, prefix)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	same := 0
	for same < min(len(prefix), len(r.kept)) && prefix[same] == r.kept[same] {
		same++
	}
	r.kept, r.rows = slices.Clone(prefix), r.rows[:min(same+1, len(r.rows))]
	for n := len(r.rows); n <= len(prefix); n++ {
		row := make([]float64, len(dst))
		if err := r.Model.LogConditional(row, prefix[:n]); err != nil {
			r.kept = r.kept[:min(len(r.kept), n)]
			return err
		}
		r.rows = append(r.rows, row)
	}
	copy(dst, r.rows[len(prefix)])
	return nil
}

// narrowRows normalises in float32, the largest logarithm subtracted.
func narrowRows(m sequence.Model) sequence.Model {
	return altered{Model: m, alter: func(dst []float64, _ []int) {
		row, total := make([]float32, len(dst)), float32(0)
		for v, x := range dst {
			row[v] = float32(x) + 3
		}
		most := slices.Max(row)
		for _, x := range row {
			total += float32(math.Exp(float64(x - most)))
		}
		for v, x := range row {
			dst[v] = float64(x - most - float32(math.Log(float64(total))))
		}
	}}
}

// fromTheSmallest normalises by a sum of ascending terms.
func fromTheSmallest(m sequence.Model) sequence.Model {
	return altered{Model: m, alter: func(dst []float64, _ []int) {
		total := 0.0
		for _, x := range slices.Sorted(slices.Values(dst)) {
			total += math.Exp(x - 2)
		}
		for v := range dst {
			dst[v] -= 2 + math.Log(total)
		}
	}}
}

// pooled computes in memory that is used again.
func pooled(m sequence.Model) sequence.Model {
	pool := sync.Pool{New: func() any { return new([]float64) }}
	return altered{Model: m, alter: func(dst []float64, _ []int) {
		row := pool.Get().(*[]float64)
		*row = append((*row)[:0], dst...)
		clear(dst)
		copy(dst, *row)
		pool.Put(row)
	}}
}

// steepModel has so many tokens, the first ones the most probable, in another order behind
// each prefix length.
type steepModel int

func (m steepModel) VocabSize() int { return int(m) }

func (m steepModel) LogConditional(dst []float64, prefix []int) error {
	for _, token := range prefix {
		if err := reference.CheckToken(token, int(m)); err != nil {
			return err
		}
	}
	if len(dst) != int(m) {
		return reference.ErrShape
	}
	for v := range dst {
		dst[(v+len(prefix))%len(dst)] = -1e-3 * float64(v)
	}
	return reference.AnnealLog(dst, dst, 1)
}
