package props

import (
	"fmt"
	"strings"
)

// brief prints up to a dozen elements and says how many there are; many equal
// ones in a row are counted, "16×-Inf".
func brief[E comparable](row []E) string {
	const shown = 12
	var words []string
	for i := 0; i < len(row); {
		if len(words) == shown {
			words = append(words, fmt.Sprintf("… (%d of them)", len(row)))
			break
		}
		equal := 1
		for i+equal < len(row) && row[i+equal] == row[i] {
			equal++
		}
		if equal < 4 {
			equal = 1
			words = append(words, fmt.Sprint(row[i]))
		} else {
			words = append(words, fmt.Sprintf("%d×%v", equal, row[i]))
		}
		i += equal
	}
	return "[" + strings.Join(words, " ") + "]"
}

// listed is all of a sequence that somebody would read.
func listed(tokens []int) string {
	if len(tokens) > 64 {
		return brief(tokens)
	}
	return fmt.Sprint(tokens)
}
