//go:build unix && !linux

package arms

import "errors"

// processors returns none: outside Linux a thread is not tied to a processor, so
// benchmarks run on all.
func processors() []int { return nil }

func pin(int) (unpin func() error, err error) {
	return nil, errors.ErrUnsupported
}
