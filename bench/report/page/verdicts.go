package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"temper/props/verdict"
)

// verdictLine is what came of one implementation, in a line.
type verdictLine struct {
	Subject, Kind, Words string
	Good                 bool
	Must, Should         string // held of applicable
	Shoulds              string // about broken Should laws, "" where there are none
	Declared, Failure    string
	Link                 string // to what it breaks, "" where it breaks nothing
}

func verdicts(reports []lawReport) (lines []verdictLine) {
	for i, r := range reports {
		must, mustOf := count(r.Report, verdict.Must)
		should, shouldOf := count(r.Report, verdict.Should)
		l := verdictLine{
			Subject: verdict.Printable(r.Subject), Kind: what(r.Report), Words: conclusion(r.Report), Good: r.Err() == nil,
			Must:   fmt.Sprintf("%d of %d", must, mustOf),
			Should: fmt.Sprintf("%d of %d", should, shouldOf), Declared: verdict.Printable(strings.Join(r.Declared, "; ")),
			Failure: cleaned(r.Failure),
		}
		if n := r.Count(verdict.Should, verdict.Broken); n > 0 {
			l.Shoulds = fmt.Sprintf("Should laws broken: %d", n)
		}
		if n := r.Count(verdict.Must, verdict.Broken); n > 0 || l.Shoulds != "" {
			l.Link = breakageID(i)
		}
		lines = append(lines, l)
	}
	return lines
}

// conclusion is the verdict in a few words. A law that was skipped or not tried is not
// broken.
func conclusion(r verdict.Report) string {
	must, should := r.Count(verdict.Must, verdict.Broken), r.Count(verdict.Should, verdict.Broken)
	switch err := r.Err(); {
	case err == nil:
		return "keeps every Must law"
	case must > 0:
		return fmt.Sprintf("Must laws broken: %d", must)
	case errors.Is(err, verdict.ErrFailed):
		return "failed before all laws were tried"
	case errors.Is(err, verdict.ErrNothingChecked):
		return "nothing was checked"
	case errors.Is(err, verdict.ErrBroken):
		return fmt.Sprintf("Should laws broken: %d, in a strict report", should)
	}
	return "not all laws were tried"
}

// count returns how many laws of a level held, of those that apply.
func count(r verdict.Report, level verdict.Level) (held, of int) {
	held = r.Count(level, verdict.Held)
	return held, held + r.Count(level, verdict.Broken) + r.Count(level, verdict.Skipped) + r.Count(level, verdict.NotTried)
}

// kind names what the laws that were tried are about.
func kind(r verdict.Report) string {
	var names []string
	for _, result := range r.Results {
		if name := result.Subject(); result.Status != verdict.NotProvided && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return verdict.Printable(strings.Join(names, ", "))
}

// kinds are what is held to laws, in the order of the page: the laws of the first begin with
// one of several operations.
var kinds = []struct {
	name string
	of   []string
}{
	{"kernels", []string{"LogSumExp", "LogProbs", "Anneal", "Sample", "Draw"}},
	{"sampler with cuts", []string{"Sampler"}}, {"verifier", []string{"Verifier"}}, {"annealer", []string{"Annealer"}},
}

// rank is the place of a report's kind among the kinds.
func rank(r verdict.Report) int {
	first, _, _ := strings.Cut(kind(r), ",")
	for i, k := range kinds {
		if slices.Contains(k.of, first) {
			return i
		}
	}
	return len(kinds)
}

// what is the kind of a report in the words of the glossary.
func what(r verdict.Report) string {
	switch i := rank(r); {
	case i == len(kinds):
		return kind(r)
	case len(kinds[i].of) > 1:
		return kinds[i].name + ": " + kind(r)
	default:
		return kinds[i].name
	}
}

// alarm bounds the probability that one or more of so many reports accuse a correct
// implementation, 1e-6 each: the budget is counted out in props/evidence.go.
func alarm(reports int) string { return fmt.Sprintf("%d × 10⁻⁶", reports) }
