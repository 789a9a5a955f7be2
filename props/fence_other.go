//go:build !unix

package props

import "errors"

// hasFences says that memory cannot be protected here: the laws that need it are
// not asked.
const hasFences = false

func fenced[E int | float32 | float64](n int, atEnd bool) (elements []E, free func(), err error) {
	return nil, nil, errors.ErrUnsupported
}
