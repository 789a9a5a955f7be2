package props

import (
	"errors"
	"fmt"
	"slices"

	"temper/reference/sequence"
)

func modelFunctionLaw() Law {
	return modelLaw{
		id:        "Model/Function",
		claim:     "the conditional depends on the prefix alone: asking again, behind another prefix or behind one that differs in one token, and writing to the answer change nothing",
		source:    "contract; derived: rows kept under too little of the prefix, or in the caller's memory",
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelIsFunction,
	}.erased()
}

func modelIsFunction(m sequence.Model, w walk) error {
	prefix := w.prefix(m)
	if _, err := conditional(m, nil); err != nil {
		return err
	}
	given, err := conditional(m, prefix)
	if err != nil {
		return err
	}
	first := slices.Clone(given)
	clear(given)
	ask := func(prefix []int, want []float64, behind string) error {
		again, err := conditional(m, slices.Clone(prefix))
		if err == nil && !slices.Equal(want, again) {
			err = fmt.Errorf("after %s: %s, and asked again %s %s", brief(prefix), brief(want), behind, brief(again))
		}
		return err
	}
	if err := ask(prefix, first, "at once"); err != nil {
		return err
	}
	between := walk{w.steps / 2, w.seed + 1}.prefix(m)
	if err := ask(prefix, first, "behind another prefix"); err != nil {
		return err
	}
	for _, other := range siblings(m, prefix) {
		if _, err := conditional(m, between); err != nil {
			return err
		}
		row, err := conditional(m, other)
		if err != nil {
			return err
		}
		if err := ask(prefix, first, "behind "+brief(other)); err != nil {
			return err
		}
		if err := ask(other, row, "behind "+brief(prefix)); err != nil {
			return err
		}
	}
	return nil
}

// siblings are prefixes that the model answers and that differ from one in one token: the
// first, one in the middle, one of the last four, or the last.
func siblings(m sequence.Model, prefix []int) (all [][]int) {
	n, vocab := len(prefix), m.VocabSize()
	for _, place := range slices.Compact([]int{0, n / 2, n - 4, n - 1}) {
		for step := 1; place >= 0 && place < n && step <= min(3, vocab-1); step++ {
			other := slices.Clone(prefix)
			other[place] = (other[place] + step) % vocab
			if _, err := conditional(m, other); err == nil {
				all = append(all, other)
				break
			}
		}
	}
	return all
}

func modelPrefixLaw() Law {
	return modelLaw{
		id:        "Model/Prefix",
		claim:     "the prefix is not changed, nor what lies behind it or behind the row, and is not kept",
		source:    "contract",
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelLeavesPrefix,
	}.erased()
}

func modelLeavesPrefix(m sequence.Model, w walk) error {
	prefix, same := guarded(w.prefix(m))
	first, onlyRow := guarded(make([]float64, m.VocabSize()))
	if err := m.LogConditional(first, prefix); err != nil {
		return fmt.Errorf("prefix %s refused: %w", brief(prefix), err)
	}
	if !same(false) {
		return fmt.Errorf("the prefix became %s, or what lies behind it changed", brief(prefix))
	}
	if !onlyRow(true) {
		return errors.New("what lies behind the row changed")
	}
	original := slices.Clone(prefix)
	for i := range prefix {
		prefix[i] = (prefix[i] + 1) % m.VocabSize()
	}
	again, err := conditional(m, original)
	if err == nil && !slices.Equal(first, again) {
		err = fmt.Errorf("after %s: the answer changed with the slice of an earlier question", brief(original))
	}
	return err
}

func modelConcurrentLaw() Law {
	return modelLaw{
		id:        "Model/Concurrent",
		claim:     "eight goroutines get the conditionals that one gets",
		source:    "contract",
		of:        aModel,
		inputs:    walks(),
		witnesses: shortAndLong(),
		judge:     modelIsConcurrent,
	}.erased()
}

func modelIsConcurrent(m sequence.Model, w walk) error {
	const goroutines = 8
	var prefixes [goroutines][]int
	for i := range prefixes {
		prefixes[i] = walk{w.steps, w.seed + uint64(i)}.prefix(m)
	}
	type answer struct {
		prefix []int
		logp   []float64
	}
	ask := func(i int) (answer, error) {
		logp, err := conditional(m, prefixes[i])
		return answer{prefixes[i], logp}, err
	}
	return sameBeside(goroutines, 20, ask, func(alone, together answer) error {
		if !slices.Equal(alone.logp, together.logp) {
			return fmt.Errorf("after %s: %s alone, %s beside seven others", brief(alone.prefix), brief(alone.logp), brief(together.logp))
		}
		return nil
	})
}
