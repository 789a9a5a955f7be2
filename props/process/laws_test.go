package process

import (
	"slices"
	"strings"
	"testing"
)

// The words are parts of IDs that another package chooses: one that no law has any
// more would let laws about memory through.
func TestEveryWordAboutMemoryIsInALaw(t *testing.T) {
	for _, word := range aboutMemory() {
		if !slices.ContainsFunc(foreign(Laws()), func(id string) bool { return strings.HasSuffix(id, "/"+word) }) {
			t.Errorf("no law is called …/%s", word)
		}
	}
}
