package props

import (
	"errors"
	"fmt"
	"runtime/debug"
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
