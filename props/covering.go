package props

// covering returns rows of classes, one of 0, …, classes[f] − 1 for each factor f, in
// which every pair of classes of two factors stands in some row: a covering array of
// strength 2. As an example, three factors of two classes each are covered by the four
// rows 000, 011, 101 and 110.
//
// The rows are found greedily, as many as the two largest factors have pairs and a few
// more: each takes, factor by factor, the class that covers most of the pairs that are
// still missing.
func covering(classes ...int) [][]int {
	missing := map[[4]int]bool{} // factor, class, later factor, class
	for f := range classes {
		for g := f + 1; g < len(classes); g++ {
			for c := range classes[f] {
				for d := range classes[g] {
					missing[[4]int{f, c, g, d}] = true
				}
			}
		}
	}
	var rows [][]int
	for len(missing) > 0 {
		row := firstMissing(classes, missing)
		for f := range row {
			if row[f] < 0 {
				row[f] = mostCovering(row, f, classes, missing, len(rows))
			}
		}
		for f := range row {
			for g := f + 1; g < len(row); g++ {
				delete(missing, [4]int{f, row[f], g, row[g]})
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// firstMissing is a row of which only one pair is settled, the first that is missing;
// the other classes are −1.
func firstMissing(classes []int, missing map[[4]int]bool) []int {
	row := make([]int, len(classes))
	for f := range row {
		row[f] = -1
	}
	for f := range classes {
		for c := range classes[f] {
			for g := f + 1; g < len(classes); g++ {
				for d := range classes[g] {
					if missing[[4]int{f, c, g, d}] {
						row[f], row[g] = c, d
						return row
					}
				}
			}
		}
	}
	return row
}

// mostCovering is the class of factor f that covers most missing pairs with the factors
// that are settled. Among equals the first from a place on that moves with every row.
func mostCovering(row []int, f int, classes []int, missing map[[4]int]bool, turn int) int {
	best, most := -1, -1
	for i := range classes[f] {
		c := (i + turn) % classes[f]
		covers := 0
		for g, d := range row {
			if d < 0 {
				continue
			}
			pair := [4]int{f, c, g, d}
			if g < f {
				pair = [4]int{g, d, f, c}
			}
			if missing[pair] {
				covers++
			}
		}
		if covers > most {
			best, most = c, covers
		}
	}
	return best
}

// lower gives the rows of a covering array class 0 of a factor, wherever it may and no pair
// is lost, so that a class that costs much is met as seldom as can be.
func lower(rows [][]int, factor int, may func(row []int) bool) {
	met := map[[4]int]int{}
	count := func(row []int, by int) (lost bool) {
		for f := range row {
			if f == factor {
				continue
			}
			pair := [4]int{f, row[f], factor, row[factor]}
			met[pair] += by
			lost = lost || met[pair] == 0
		}
		return lost
	}
	for _, row := range rows {
		count(row, 1)
	}
	for _, row := range rows {
		if !may(row) {
			continue
		}
		if !count(row, -1) {
			row[factor] = 0
		}
		count(row, 1)
	}
}
