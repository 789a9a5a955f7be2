package props

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
)

// inParallel runs n goroutines to their ends; a panic of one is its error.
func inParallel(n int, run func(i int) error) error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			debug.SetPanicOnFault(true)
			defer func() {
				if p := recover(); p != nil {
					errs[i] = fmt.Errorf("panicked: %v", p)
				}
			}()
			if err := run(i); err != nil {
				errs[i] = fmt.Errorf("goroutine %d: %w", i, err)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// sameBeside asks so many questions, each alone first, and then all beside each other, so
// many times each. It returns what differ says of an answer and the one alone.
func sameBeside[A any](questions, times int, ask func(i int) (A, error), differ func(alone, together A) error) error {
	alone := make([]A, questions)
	for i := range alone {
		var err error
		if alone[i], err = ask(i); err != nil {
			return err
		}
	}
	return inParallel(questions, func(i int) error {
		for range times {
			together, err := ask(i)
			if err == nil {
				err = differ(alone[i], together)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// rowsDiffer says which row of an answer differs from that alone.
func rowsDiffer(others string) func(alone, together [][]float64) error {
	return func(alone, together [][]float64) error {
		for r := range alone {
			if !slices.Equal(alone[r], together[r]) {
				return fmt.Errorf("row %d: %s alone, %s beside %s others", r, brief(alone[r]), brief(together[r]), others)
			}
		}
		return nil
	}
}
