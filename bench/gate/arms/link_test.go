//go:build unix

package arms

import (
	"fmt"
	"testing"
)

func TestLayoutSeedsNeverRepeat(t *testing.T) {
	seen := map[int64]bool{}
	l := linker{seed: 1}
	for p := range 20 {
		for arm := range Count {
			for pair := range 40 {
				seen[l.layoutSeed(fmt.Sprint("m/package", p), arm, pair)] = true
			}
		}
	}
	if len(seen) != 20*int(Count)*40 {
		t.Errorf("%d seeds for %d links", len(seen), 20*int(Count)*40)
	}
}
