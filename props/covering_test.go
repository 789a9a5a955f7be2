package props

import (
	"slices"
	"testing"
)

func TestCoveringMeetsEveryPairOfClasses(t *testing.T) {
	for _, classes := range [][]int{{2, 2, 2}, {1, 5}, {3, 1, 4, 2}, {8, 10, 5, 4, 5}, {9, 9, 9, 9, 9, 9}} {
		rows := covering(classes...)
		largest := slices.Sorted(slices.Values(classes))
		if least := largest[len(largest)-1] * largest[len(largest)-2]; len(rows) < least || len(rows) > 2*least {
			t.Errorf("%v: %d rows, want between %d and twice as many", classes, len(rows), least)
		}
		lower(rows, 0, func(row []int) bool { return row[1] > 0 })
		pairs, want := map[[4]int]bool{}, 0
		for f := range classes {
			for g := f + 1; g < len(classes); g++ {
				want += classes[f] * classes[g]
				for _, row := range rows {
					pairs[[4]int{f, row[f], g, row[g]}] = true
				}
			}
		}
		if len(pairs) != want {
			t.Errorf("%v: %d pairs of classes met, of %d", classes, len(pairs), want)
		}
	}
}
