//go:build unix

package arms

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

func TestArmsOfOneRowDifferInTheirKeyOnly(t *testing.T) {
	results, _, err := parse([]byte(strings.ReplaceAll(`BenchmarkAnneal/vocab=512/impl=portable/t=1-P 10 5 ns/op
BenchmarkAnneal/vocab=512/impl=avx2/t=1-P 10 5 ns/op
BenchmarkAnneal/vocab=512/impl=avx512/t=1-P 10 5 ns/op
`, "-P", suffixOfNames())), everywhere.procs())
	if err != nil {
		t.Fatal(err)
	}
	keys := armKeys{Base: "impl=portable", Same: "impl=portable", Head: "impl=avx2"}
	for arm, want := range map[Arm][]string{
		Base: {"Anneal/vocab=512/t=1", "", ""},
		Head: {"", "Anneal/vocab=512/t=1", ""},
	} {
		selector, err := keys.selector(arm)
		if err != nil {
			t.Fatal(err)
		}
		for i, result := range results {
			if got, err := selector.match(result.Clone()); got != want[i] || err != nil {
				t.Errorf("%s of %s = %q, %v; want %q", arm, result.Name, got, err, want[i])
			}
		}
	}
}

// suffixOfNames is what the testing package appends to names here.
func suffixOfNames() string {
	if procs := runtime.GOMAXPROCS(0); procs > 1 {
		return fmt.Sprintf("-%d", procs)
	}
	return ""
}

func TestArmWithoutAValueIsAnError(t *testing.T) {
	if _, err := (armKeys{Head: "impl"}).selector(Head); err == nil {
		t.Error(`"impl" is taken for an arm`)
	}
}
