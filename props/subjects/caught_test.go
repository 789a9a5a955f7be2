package subjects

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// caughtFile names for every planted bug, by suite and cause, the law that catches it
// first. It saves the tests from asking all others before; `go test ./props/subjects -run
// PlantedBugIsCaught/Scorer -note` writes the lines of a suite again.
const caughtFile = "caught.tsv"

func readCaught(t *testing.T) map[string]string {
	text, err := os.ReadFile(caughtFile)
	if err != nil {
		t.Fatal(err)
	}
	laws := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if at := strings.LastIndex(line, "\t"); at >= 0 {
			laws[line[:at]] = line[at+1:]
		}
	}
	return laws
}

// writeCaught replaces the lines of the suites that these mutants are of.
func writeCaught(t *testing.T, laws map[string]string) error {
	suites := map[string]bool{}
	for mutant := range laws {
		suite, _, _ := strings.Cut(mutant, "\t")
		suites[suite] = true
	}
	for mutant, law := range readCaught(t) {
		if suite, _, _ := strings.Cut(mutant, "\t"); !suites[suite] {
			laws[mutant] = law
		}
	}
	var text strings.Builder
	for _, mutant := range slices.Sorted(maps.Keys(laws)) {
		text.WriteString(mutant + "\t" + laws[mutant] + "\n")
	}
	return os.WriteFile(caughtFile, []byte(text.String()), 0o644)
}
