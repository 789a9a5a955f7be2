package simd

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// No arm64 processor has timed neon for this repository, so that README.md counts its
// instructions instead.
func TestReadmeCountsTheInstructionsOfNEON(t *testing.T) {
	readme := string(content(t, "../README.md"))
	for _, operation := range []struct{ name, functions string }{
		{"LogSumExp, LogProbs", "sum"},
		{"the same, bfloat16", "sumBFloat16"},
		{"the same, float16", "sumFloat16"},
		{"Anneal", "weigh multiply"},
		{"T = 0", "peak"},
		{"T = ∞", "count"},
	} {
		vectors, moves := 0, 0
		for name := range strings.FieldsSeq(operation.functions) {
			v, m := perGroup(t, name+"NEON")
			vectors, moves = vectors+v, moves+m
		}
		perLogit := float64(vectors) / 32
		row := fmt.Sprintf("| %s | %.3g | %d | %.2f | %.2f |", operation.name, perLogit, moves, perLogit/2, perLogit/4)
		if !strings.Contains(readme, row+"\n") {
			t.Errorf("README.md has not the row\n%s", row)
		}
	}
}

// perGroup counts the vector instructions and the loads and stores of a function for 32
// logits of a long row.
func perGroup(t *testing.T, function string) (vectors, moves int) {
	_, code, found := strings.Cut(string(content(t, "neon_arm64.s")), "TEXT ·"+function+"(SB)")
	_, code, begins := strings.Cut(code, "\ngroup:\n")
	if !found || !begins {
		t.Fatalf("%s has no loop", function)
	}
	end := regexp.MustCompile(`\t(B|BNE) group\n`).FindStringIndex(code)
	loop := code[:end[0]]
	return strings.Count(loop, "\tWORD "), len(regexp.MustCompile(`\tF(LDPQ|STPQ|MOVQ) `).FindAllString(loop, -1))
}
