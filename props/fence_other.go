//go:build !unix

package props

import "errors"

// hasFences is whether memory can be protected on this system. The laws that need it
// are not tested here.
const hasFences = false

func fenced[E int | float32 | float64](n int, atEnd bool) (elements []E, free func(), err error) {
	return nil, nil, errors.ErrUnsupported
}
