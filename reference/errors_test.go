package reference_test

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"temper/reference"
)

func badRows(rows ...int) reference.RowErrors {
	var e reference.RowErrors
	for _, r := range rows {
		e = append(e, reference.RowError{Row: r, Err: reference.ErrNaN})
	}
	return e
}

func TestRowErrorsNameFourRowsAndCountTheOthers(t *testing.T) {
	for _, c := range []struct {
		e    reference.RowErrors
		want string
	}{
		{badRows(7), "row 7: NaN"},
		{badRows(0, 2), "row 0: NaN; row 2: NaN"},
		{badRows(1, 2, 3, 4), "row 1: NaN; row 2: NaN; row 3: NaN; row 4: NaN"},
		{badRows(1, 2, 3, 4, 6), "row 1: NaN; row 2: NaN; row 3: NaN; row 4: NaN; and 1 more bad rows"},
		{badRows(1, 2, 3, 4, 6, 8, 9), "row 1: NaN; row 2: NaN; row 3: NaN; row 4: NaN; and 3 more bad rows"},
	} {
		if got := c.e.Error(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

func TestRowErrorsAreFoundBehindTheFourthRowToo(t *testing.T) {
	e := append(badRows(0, 1, 2, 3), reference.RowError{Row: 9, Err: fmt.Errorf("logit 5 is +Inf: %w", reference.ErrInf)})
	err := fmt.Errorf("batch 3: %w", e.Err())
	if !errors.Is(err, reference.ErrInf) || !errors.Is(err, reference.ErrNaN) || errors.Is(err, reference.ErrToken) {
		t.Errorf("%v is not just NaN and infinite", err)
	}
	var list reference.RowErrors
	if !errors.As(err, &list) || len(list) != 5 || list[4].Row != 9 {
		t.Errorf("the rows of %v are %v", err, list)
	}
	var first reference.RowError
	if !errors.As(err, &first) || first.Row != 0 {
		t.Errorf("the first row of %v is %v", err, first)
	}
}

func TestNoBadRowsAreNoError(t *testing.T) {
	if err := badRows().Err(); err != nil {
		t.Errorf("%#v, want nil", err)
	}
	if err := badRows(0).Err(); err == nil {
		t.Error("one bad row is nil")
	}
}

func TestUniformAtInfiniteTemperatureHoldsForTheLargestNumbers(t *testing.T) {
	row := []float64{math.MaxFloat64, -math.MaxFloat64}
	if logZ, err := reference.LogPartition(row, math.Inf(1)); err != nil || logZ != math.Log(2) {
		t.Errorf("log z = %v, %v; want log 2", logZ, err)
	}
}
