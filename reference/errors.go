package reference

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of this package, for [errors.Is]. A returned error wraps one of them
// and names the place: the row, the logit, the token, the length.
var (
	ErrTemperature  = errors.New("temperature outside its range")
	ErrShape        = errors.New("lengths do not fit together")
	ErrNaN          = errors.New("NaN")
	ErrInf          = errors.New("infinite")
	ErrNoSupport    = errors.New("nothing has positive probability")
	ErrToken        = errors.New("token outside the vocabulary")
	ErrUniform      = errors.New("uniform number outside [0, 1)")
	ErrDistribution = errors.New("not a probability distribution")
	ErrSampling     = errors.New("sampling settings outside their range")

	ErrNil = errors.New("nil, or made by no constructor")
)

// RowError says that one row of a matrix of logits was bad, and why.
type RowError struct {
	Row int
	Err error
}

func (e RowError) Error() string { return fmt.Sprintf("row %d: %v", e.Row, e.Err) }
func (e RowError) Unwrap() error { return e.Err }

// RowErrors lists the bad rows of one call in ascending order. The results of all
// other rows were written.
type RowErrors []RowError

// Error names the first few rows and counts the others.
func (e RowErrors) Error() string {
	const shown = 4
	var b strings.Builder
	for i, row := range e {
		if i == shown {
			fmt.Fprintf(&b, "; and %d more bad rows", len(e)-shown)
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(row.Error())
	}
	return b.String()
}

// Unwrap returns every row's error, for [errors.Is] and [errors.As].
func (e RowErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, row := range e {
		errs[i] = row
	}
	return errs
}

// Err returns nil when no row was bad, and the list itself otherwise. It avoids an
// error that is not nil but lists nothing.
func (e RowErrors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}
