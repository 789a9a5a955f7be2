//go:build unix

package arms

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
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

func TestHeadIsWrongOnlyWhereItFailsWhatBaseDoesNot(t *testing.T) {
	plain, err := armKeys{}.selector(Base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		base, head map[string]string
		wrong      string // of the error, "" for none
	}{
		{nil, map[string]string{"A": "41", "B": "42"}, "m.A: 41\nm.B: 42"},
		{map[string]string{"A": "41"}, map[string]string{"A": "41", "B": "42"}, "m.B: 42"},
		{map[string]string{"A": "panic"}, map[string]string{"A/n=1": "41"}, ""},
		{map[string]string{"A": "41"}, nil, ""},
	} {
		found := newCalibration(0, "m")
		if err := found.addFailed(Base, c.base, plain); err != nil {
			t.Fatal(err)
		}
		err := found.addFailed(Head, c.head, plain)
		if wrong := err != nil; wrong != (c.wrong != "") || wrong && !strings.HasSuffix(err.Error(), ":\n"+c.wrong) {
			t.Errorf("base fails %v, head fails %v: %v", c.base, c.head, err)
		}
	}
}

func TestFailureOfAnotherImplementationIsNobodysConcern(t *testing.T) {
	keys := armKeys{Base: "impl=a", Head: "impl=b"}
	for bench, wrong := range map[string]bool{"Sum/impl=a": false, "Sum/impl=b": true, "Sum": true} {
		head, err := keys.selector(Head)
		if err != nil {
			t.Fatal(err)
		}
		if err := newCalibration(0, "m").addFailed(Head, map[string]string{bench: "41"}, head); (err != nil) != wrong {
			t.Errorf("%s fails: %v", bench, err)
		}
	}
}

func TestIterationsAreThoseOfTheSlowerArm(t *testing.T) {
	plain, err := armKeys{}.selector(Base)
	if err != nil {
		t.Fatal(err)
	}
	for _, ns := range [][2]float64{{10, 10_000}, {10_000, 10}} {
		found := newCalibration(0, "m")
		for i, arm := range []Arm{Base, Head} {
			results, _, err := parse(fmt.Appendf(nil, "BenchmarkX 1 %v ns/op\n", ns[i]), 1)
			if err == nil {
				err = found.add(arm, results, plain, 60*time.Millisecond)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := found.finish()[0].iterations; got != 6000 {
			t.Errorf("%v ns: %d iterations in 60 ms", ns, got)
		}
	}
}

// program returns a shell script in place of a binary with benchmarks.
func program(t *testing.T, script string) binary {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return binary{path, dir}
}

func TestBenchmarkThatPanicsIsLeftOutAndTheOthersRunAgain(t *testing.T) {
	panics := program(t, `case "$*" in
*"-test.skip=^BenchmarkBad$ "*) echo "BenchmarkGood 10 5 ns/op" ;;
*) echo "panic: 43" >&2; echo "m.BenchmarkBad(0x1)" >&2; exit 2 ;;
esac`)
	results, failed, err := runAll(t.Context(), panics, Base, ".", time.Millisecond)
	if err != nil || len(results) != 1 || !strings.HasPrefix(failed["Bad"], "panic: 43") {
		t.Errorf("results %v, failed %q, %v", results, failed, err)
	}
}

func TestProgramThatFailsWithoutNamingABenchmarkIsQuoted(t *testing.T) {
	for script, says := range map[string]string{
		"echo no database; exit 1":                                 "head fails its own benchmarks, so it is not timed:\nno database",
		"echo 'testing: invalid regexp for element 0' >&2; exit 1": `-bench "(": testing: invalid regexp for element 0`,
	} {
		_, _, err := runAll(t.Context(), program(t, script), Head, "(", time.Millisecond)
		if err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%s: %v", script, err)
		}
	}
}
