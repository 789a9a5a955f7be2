package subjects

import (
	"fmt"
	"math"
	"slices"
	"sync"

	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

// statefulModels keep something of earlier questions that is not theirs, fail at one length or
// beyond the first blocks, or look at a part of the prefix alone.
func statefulModels() (mutants []mutant[sequence.Model]) {
	add := func(cause string, level verdict.Level, m sequence.Model) {
		mutants = append(mutants, mutant[sequence.Model]{"model", "derived", cause, m, level})
	}
	add("the row of the question before where the prefix is as long", verdict.Must, rowByKey(func(prefix []int) string { return fmt.Sprint(len(prefix)) }))
	add("the row of the question before where the last three tokens are the same", verdict.Must, rowByKey(func(prefix []int) string {
		return fmt.Sprint(len(prefix), prefix[max(0, len(prefix)-3):])
	}))
	add("a longer prefix taken for one that goes on", verdict.Must, &goingFurther{Model: ringModel()})
	add("remembers the slice that it wrote to", verdict.Must, &keepingSlice{Model: ringModel()})
	lossAt := func(at func(length int) bool) sequence.Model {
		return altered{Model: ringModel(), alter: func(dst []float64, prefix []int) {
			for v := range dst {
				if at(len(prefix)) {
					dst[v] += math.Log1p(-0.01)
				}
			}
		}}
	}
	add("mass lost behind 40 tokens alone", verdict.Must, lossAt(func(length int) bool { return length == 40 }))
	add("mass lost behind 256 tokens and more", verdict.Must, lossAt(func(length int) bool { return length >= 256 }))
	add("writes a number behind its row", verdict.Must, altered{Model: ringModel(), alter: func(dst []float64, _ []int) {
		if cap(dst) > len(dst) {
			_ = append(dst, 0)
		}
	}})
	add("tokens before the last two are not looked at", verdict.Should, lookingBack{goodModel(), 2})
	return mutants
}

// rowByKey answers from the row of the question before where the key of the prefix is the same.
func rowByKey(key func(prefix []int) string) sequence.Model {
	var mutex sync.Mutex
	var before string
	var row []float64
	return altered{Model: longRing(), alter: func(dst []float64, prefix []int) {
		mutex.Lock()
		defer mutex.Unlock()
		if k := key(prefix); k != before || row == nil {
			before, row = k, slices.Clone(dst)
		}
		copy(dst, row)
	}}
}

// longRing is ringModel with contexts of four tokens.
func longRing() sequence.Model {
	text := make([]int, 900)
	for i := range text {
		text[i] = i * i / 3 % 5
	}
	m, err := sequence.NewMarkov(5, 4, -1, 0.5, [][]int{text})
	if err != nil {
		panic(err)
	}
	return m
}

// goingFurther keeps the tokens of the last prefix and takes the first ones of a longer one for
// the same.
type goingFurther struct {
	sequence.Model
	mutex sync.Mutex
	kept  []int
}

func (g *goingFurther) LogConditional(dst []float64, prefix []int) error {
	if err := g.Model.LogConditional(dst, prefix); err != nil {
		return err
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if len(prefix) > len(g.kept) {
		g.kept = append(g.kept, prefix[len(g.kept):]...)
	} else {
		g.kept = slices.Clone(prefix)
	}
	return g.Model.LogConditional(dst, g.kept)
}

// keepingSlice keeps the slice of its last answer, which is the caller's.
type keepingSlice struct {
	sequence.Model
	mutex  sync.Mutex
	prefix []int
	row    []float64
}

func (k *keepingSlice) LogConditional(dst []float64, prefix []int) error {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.row != nil && len(dst) == len(k.row) && slices.Equal(k.prefix, prefix) {
		copy(dst, k.row)
		return nil
	}
	err := k.Model.LogConditional(dst, prefix)
	if err == nil {
		k.prefix, k.row = slices.Clone(prefix), dst
	}
	return err
}

// lookingBack looks at so many tokens, and says nothing of those before. Every prefix that ends
// in possible ones is possible to it.
type lookingBack struct {
	sequence.Model
	tokens int
}

func (l lookingBack) LogConditional(dst []float64, prefix []int) error {
	err := l.Model.LogConditional(dst, prefix)
	if err == nil || len(prefix) <= l.tokens || len(dst) != l.VocabSize() {
		return err
	}
	for _, token := range prefix[len(prefix)-l.tokens:] {
		if reference.CheckToken(token, l.VocabSize()) != nil {
			return err
		}
	}
	if l.Model.LogConditional(dst, prefix[:len(prefix)-1]) == nil { // the last token alone is wrong
		return err
	}
	return l.Model.LogConditional(dst, nil)
}
