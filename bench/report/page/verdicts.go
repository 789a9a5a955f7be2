package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"temper/props/verdict"
)

// falseAlarm bounds the probability with which one full run of the suite accuses a correct
// implementation (the budget is counted out in props/evidence.go).
const falseAlarm = 1e-6

// verdictLine is what came of one implementation, in a line.
type verdictLine struct {
	Subject, Kind, Words string
	Good                 bool
	Must, Should         string // held of applicable
	Declared, Failure    string
}

func verdicts(reports []lawReport) (lines []verdictLine) {
	for _, r := range reports {
		must, mustOf := count(r.Report, verdict.Must)
		should, shouldOf := count(r.Report, verdict.Should)
		l := verdictLine{
			Subject: verdict.Printable(r.Subject), Kind: kind(r.Report), Good: r.Err() == nil,
			Must:   fmt.Sprintf("%d of %d", must, mustOf),
			Should: fmt.Sprintf("%d of %d", should, shouldOf), Declared: verdict.Printable(strings.Join(r.Declared, "; ")),
			Failure: verdict.Printable(r.Failure),
		}
		l.Words = conclusion(r.Report)
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

// alarm bounds the probability that one or more of so many reports accuse a correct
// implementation.
func alarm(reports int) string { return fmt.Sprintf("%.2g", float64(reports)*falseAlarm) }

// repeat is how a law is tried again, on the same inputs if the subject is no server.
func repeat(r lawReport, law string) string {
	if strings.HasPrefix(r.Suite, "server ") {
		return fmt.Sprintf("go run ./props/server/check %s\nread from %s", verdict.Printable(r.Subject), verdict.Printable(filepath.Base(r.file)))
	}
	return fmt.Sprintf("a program: go run ./props/process/check -seed %d -law %s COMMAND\nin Go: props.Seed(%d), props.Only(%q)\nread from %s",
		r.Seed, verdict.Printable(law), r.Seed, law, verdict.Printable(filepath.Base(r.file)))
}
