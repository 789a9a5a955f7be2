package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"temper/props"
	"temper/props/subjects"
	"temper/props/verdict"
)

// tell reads a table back and prints what it says. The error is that of the report: a law that
// is broken by a correct implementation, or a bug that none catches.
func tell(ctx context.Context, w io.Writer, population, table string) error {
	fs, err := filesystem.New(ctx, table)
	if err != nil {
		return err
	}
	defer fs.Close()
	text, err := filesystem.Read(ctx, fs, table)
	if err != nil {
		return err
	}
	rows, err := parseTable(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	switch population {
	case "bugs":
		return tellBugs(w, rows)
	case "defects":
		return tellDefects(w, rows)
	}
	report := reportOf(rows)
	fmt.Fprintln(w, report)
	return errors.Join(tellSuites(w, rows), report.Err())
}

// parseTable reads what writeTable wrote.
func parseTable(text string) (rows []merged, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if lines[0] != strings.Join(columns, "\t") {
		return nil, fmt.Errorf("the first line %q does not name the columns", lines[0])
	}
	for n, line := range lines[1:] {
		row, err := parseMerged(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+2, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func parseMerged(line string) (merged, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != len(columns) || fields[0] != props.Version {
		return merged{}, fmt.Errorf("%d columns of the laws %s, not %d of %s", len(fields), fields[0], len(columns), props.Version)
	}
	m := merged{suite: fields[1], subject: fields[2], law: fields[3], defect: fields[10]}
	var errs []error
	for i, number := range []*int{&m.runs, &m.held, &m.broken, &m.inputs, &m.draws} {
		n, err := strconv.Atoi(fields[4+i])
		*number, errs = n, append(errs, err)
	}
	logE, logErr := strconv.ParseFloat(fields[9], 64)
	seed, seedErr := strconv.ParseUint(fields[11], 10, 64)
	m.logE, m.seed = logE, seed
	return m, errors.Join(append(errs, logErr, seedErr, json.Unmarshal([]byte(fields[12]), &m.detail))...)
}

// reportOf is one verdict for each law on all subjects together. Its inputs are those of all of
// them.
func reportOf(rows []merged) verdict.Report {
	report := verdict.Report{Suite: props.Version, Seed: 1_000_000}
	of := map[string]*verdict.Result{}
	names := map[string]bool{}
	for _, l := range allLaws() {
		of[l.ID] = &verdict.Result{Law: l.Law, Status: verdict.NotProvided}
	}
	for _, m := range rows {
		names[m.suite+"\t"+m.subject] = true
		r := of[m.law]
		if r == nil {
			continue
		}
		r.Inputs += m.inputs
		switch {
		case m.broken > 0 && r.Status != verdict.Broken:
			r.Status, r.Detail = verdict.Broken, fmt.Sprintf("%s: %s\nagain with -subject %q and props.Seed(%d)", m.subject, m.detail, m.subject, m.seed)
		case m.held > 0 && r.Status == verdict.NotProvided:
			r.Status = verdict.Held
		}
	}
	report.Subject = fmt.Sprintf("%d subjects", len(names))
	for _, l := range allLaws() {
		if r := of[l.ID]; r.Status != verdict.NotProvided {
			report.Results = append(report.Results, *r)
		}
	}
	return report
}

// tellSuites prints a row for each suite.
func tellSuites(out io.Writer, rows []merged) error {
	levels := map[string]verdict.Level{}
	for _, l := range allLaws() {
		levels[l.ID] = l.Level
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "suite\tsubjects\truns of a law\theld\tMust broken\tShould broken\tinputs\tdraws bet on\tlargest log e\t")
	for _, suite := range suitesOf(rows) {
		var of merged
		names, must, should, most := map[string]bool{}, 0, 0, "none"
		for _, m := range rows {
			if m.suite != suite {
				continue
			}
			names[m.subject] = true
			of.runs, of.held, of.inputs = of.runs+m.held+m.broken, of.held+m.held, of.inputs+m.inputs
			if m.draws > 0 && (of.draws == 0 || m.logE > of.logE) {
				of.logE, most = m.logE, fmt.Sprintf("%.3g", m.logE)
			}
			of.draws += m.draws
			if levels[m.law] == verdict.Must {
				must += m.broken
			} else {
				should += m.broken
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n", suite, len(names), of.runs, of.held, must, should, of.inputs, of.draws, most)
	}
	return w.Flush()
}

func suitesOf(rows []merged) (suites []string) {
	for _, m := range rows {
		if !slices.Contains(suites, m.suite) {
			suites = append(suites, m.suite)
		}
	}
	return suites
}

// tellBugs prints, for each suite, how many bugs a law caught in every run, and names the others.
func tellBugs(out io.Writer, rows []merged) error {
	levels, allowed := map[string]verdict.Level{}, map[string]verdict.Level{}
	for _, l := range allLaws() {
		levels[l.ID] = l.Level
	}
	for _, b := range subjects.Bugs() {
		allowed[b.Suite+": "+b.Cause] = b.Level
	}
	best := map[string]merged{} // of each bug, the law that catches it most often
	for _, m := range rows {
		name := m.suite + ": " + m.subject
		if levels[m.law] > allowed[name] {
			m.broken = 0
		}
		if before, ok := best[name]; !ok || m.broken > before.broken {
			best[name] = m
		}
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "suite\tbugs\tcaught by one law in every run\t")
	var missed []error
	for _, suite := range suitesOf(rows) {
		bugs, always := 0, 0
		for name, m := range best {
			if m.suite != suite {
				continue
			}
			bugs++
			if m.broken == m.runs {
				always++
			} else {
				missed = append(missed, fmt.Errorf("%s: %s catches it in %d of %d runs", name, m.law, m.broken, m.runs))
			}
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t\n", suite, bugs, always)
	}
	slices.SortFunc(missed, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(append(missed, w.Flush())...)
}
