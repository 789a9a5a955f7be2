//go:build unix

package main

import (
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestPatternMatchesOneBenchmarkOnly(t *testing.T) {
	const name = "Sum/n=1|2(a.b)#01"
	parts := strings.Split(pattern(name), "/")
	for i, element := range strings.Split("Benchmark"+name, "/") {
		matches := regexp.MustCompile(parts[i])
		if !matches.MatchString(element) || matches.MatchString(element+"0") || matches.MatchString("x"+element) {
			t.Errorf("%s does not match %s alone", parts[i], element)
		}
	}
}

func TestArmsOfOneRowDifferInTheirKeyOnly(t *testing.T) {
	results, _, err := parse([]byte(strings.ReplaceAll(`BenchmarkAnneal/vocab=512/impl=portable/t=1-P 10 5 ns/op
BenchmarkAnneal/vocab=512/impl=avx2/t=1-P 10 5 ns/op
BenchmarkAnneal/vocab=512/impl=avx512/t=1-P 10 5 ns/op
`, "-P", suffixOfNames())), everywhere.procs())
	if err != nil {
		t.Fatal(err)
	}
	keys := armKeys{base: "impl=portable", same: "impl=portable", head: "impl=avx2"}
	for arm, want := range map[int][]string{
		base: {"Anneal/vocab=512/t=1", "", ""},
		head: {"", "Anneal/vocab=512/t=1", ""},
	} {
		selector, err := keys.selector(arm)
		if err != nil {
			t.Fatal(err)
		}
		for i, result := range results {
			if got, err := selector.match(result.Clone()); got != want[i] || err != nil {
				t.Errorf("%s of %s = %q, %v; want %q", armNames[arm], result.Name, got, err, want[i])
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
	if _, err := (armKeys{head: "impl"}).selector(head); err == nil {
		t.Error(`"impl" is taken for an arm`)
	}
}

func TestRoundIsDisturbedByStealAndByUnusualSwitches(t *testing.T) {
	usual := sample{switches: 20, wall: 60 * time.Millisecond}
	r := new(row)
	for arm := range arms {
		r.samples[arm] = []sample{usual, usual, usual}
	}
	busy, stolen := usual, usual
	busy.switches, stolen.steal = 300, 20*time.Millisecond
	for _, c := range []struct {
		name string
		trio [arms]sample
		want bool
	}{
		{"as usual", [arms]sample{usual, usual, usual}, false},
		{"switches", [arms]sample{usual, usual, busy}, true},
		{"steal", [arms]sample{stolen, usual, usual}, true},
	} {
		if got := r.disturbed(c.trio); got != c.want {
			t.Errorf("%s: disturbed = %v", c.name, got)
		}
	}
}

func TestMarginIsReadAsShareOrPercent(t *testing.T) {
	for text, want := range map[string]float64{"3%": 0.03, "0.03": 0.03, "0": 0} {
		if got, err := parseMargin(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "%", "-1%", "100%", "NaN", "3 %"} {
		if got, err := parseMargin(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
