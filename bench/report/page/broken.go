package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"temper/props/verdict"
)

// breakage is what an implementation does not keep, law by law, those of one cause together.
type breakage struct {
	ID, Subject, Kind string
	Laws              int
	Causes            []cause
	Skipped           []skipped
}

// cause is a set of laws that break, it seems for one reason.
type cause struct {
	Title    string
	Laws     []brokenLaw
	Examples []example
}

type brokenLaw struct{ ID, Name, Level, Claim string }

// example is a counter-example: what was found, the smallest input, and how to see it again.
type example struct{ Law, Said, Input, Again string }

type skipped struct{ ID, Name, Reason string }

// breakages are those of all reports that have any.
func breakages(reports []lawReport) (all []breakage) {
	for i, r := range reports {
		b := breakage{ID: breakageID(i), Subject: verdict.Printable(r.Subject), Kind: what(r.Report)}
		for _, laws := range r.Causes() {
			b.Laws += len(laws)
			b.Causes = append(b.Causes, causeOf(i, r, laws))
		}
		for _, result := range r.Results {
			if result.Status == verdict.Skipped {
				b.Skipped = append(b.Skipped, skipped{lawID(i, result.ID), verdict.Printable(result.ID), cleaned(result.Detail)})
			}
		}
		if len(b.Causes)+len(b.Skipped) > 0 {
			all = append(all, b)
		}
	}
	return all
}

func causeOf(report int, r lawReport, laws verdict.Cause) cause {
	c := cause{}
	told := map[string]bool{}
	var names []string
	for _, result := range laws {
		name := verdict.Printable(result.ID)
		names = append(names, name)
		c.Laws = append(c.Laws, brokenLaw{lawID(report, result.ID), name, result.Level.String(), verdict.Printable(result.Claim)})
		words := verdict.Words(strings.ReplaceAll(result.Detail, result.Subject(), ""))
		if told[words] {
			continue
		}
		told[words] = true
		said, input := verdict.CutInput(cleaned(result.Detail))
		c.Examples = append(c.Examples, example{name, said, input, again(r, result.ID)})
	}
	first, _, _ := strings.Cut(c.Examples[0].Said, "\n")
	if shown := 3; len(names) > shown {
		names = append(names[:shown], fmt.Sprintf("%d more", len(names)-shown))
	}
	c.Title = strings.Join(names, ", ") + ": " + first
	return c
}

// breakageID is the place of what a report's subject breaks, and lawID that of one law.
func breakageID(report int) string { return fmt.Sprintf("broken-%d", report+1) }

func lawID(report int, law string) string {
	return breakageID(report) + "-" + notPlain.ReplaceAllString(law, "-")
}

var notPlain = regexp.MustCompile(`[^A-Za-z0-9]+`)

// cleaned is a text of a report without the folders of the machine that it was made on.
func cleaned(text string) string {
	return inFolders.ReplaceAllString(verdict.Printable(text), "$1")
}

// inFolders is a line of a file that is named with all its folders.
var inFolders = regexp.MustCompile(`(?:\b[A-Za-z]:)?(?:[/\\][\w.@+~!-]+)+[/\\]([\w.@+-]+:\d+)`)

// again is how a law is tried again, on the same inputs if the subject is no server.
func again(r lawReport, law string) string {
	law = verdict.Printable(law)
	if r.Again != "" {
		return strings.Replace(verdict.Printable(r.Again), "{law}", law, 1)
	}
	return fmt.Sprintf("fmt.Println(props.%s(x, props.Seed(%d), props.Only(%q))) // in Go, where x is the implementation; %s does not say how it was made",
		check(r.Report), r.Seed, law, verdict.Printable(filepath.Base(r.file)))
}

// check is the function that holds the subject of a report to the laws.
func check(r verdict.Report) string {
	for _, result := range r.Results {
		switch result.Subject() {
		case "Sampler", "Verifier", "Generator", "Scorer", "Model":
			return "Check" + result.Subject()
		case "Annealer":
			return "CheckSequenceAnnealer"
		}
	}
	return "CheckKernels"
}

// broken names the Must laws about an operation that an implementation breaks. tried says
// whether any report tells.
func broken(reports []lawReport, impl, operation string) (laws []string, tried bool) {
	operation, _, _ = strings.Cut(operation, " on ") // threads
	for _, r := range reports {
		if !names(r.Report, impl) {
			continue
		}
		for _, result := range r.Results {
			if result.Subject() != operation || result.Status == verdict.NotProvided {
				continue
			}
			tried = true
			if result.Level == verdict.Must && result.Status == verdict.Broken {
				laws = append(laws, verdict.Printable(result.ID))
			}
		}
	}
	return laws, tried
}

// names says whether a report is on what benchmarks call impl.
func names(r verdict.Report, impl string) bool {
	name, _, _ := strings.Cut(r.Subject, " ") // "numpy 2.3"
	return r.Subject == impl || strings.EqualFold(name, impl)
}
