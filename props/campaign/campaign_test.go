package main

import (
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

func TestMain(m *testing.M) {
	flag.Parse()
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// small is a campaign of a second.
func small(dir string) campaign {
	return campaign{Population: "controls", Count: 12, Law: "Scorer/", Inputs: 3, Journal: filepath.Join(dir, "journal"), Part: 1, Parts: 1}
}

func elementsOf(t *testing.T, c campaign) []element {
	t.Helper()
	elements, err := c.elements()
	if err != nil {
		t.Fatal(err)
	}
	return elements
}

func TestFewRunsMeetEverySuite(t *testing.T) {
	suites := map[string]bool{}
	for _, e := range elementsOf(t, campaign{Population: "controls", Count: 6, Inputs: 1, Part: 1, Parts: 1}) {
		suites[e.suite] = true
	}
	if len(suites) != 6 {
		t.Errorf("six runs meet %v", suites)
	}
}

func TestMoreRunsKeepTheElementsOfFewer(t *testing.T) {
	fewer := elementsOf(t, campaign{Population: "bugs", Count: 10, Part: 1, Parts: 1})
	more := elementsOf(t, campaign{Population: "bugs", Count: 2000, Part: 1, Parts: 1})
	known := map[element]bool{}
	for _, e := range more {
		known[e] = true
	}
	if len(known) != len(more) {
		t.Errorf("%d of %d elements come again", len(more)-len(known), len(more))
	}
	for _, e := range fewer {
		if !known[e] {
			t.Errorf("%v is missing", e)
		}
	}
}

func TestEachSubjectHasOneNameWithoutTabs(t *testing.T) {
	for population, all := range populations {
		seen := map[string]bool{}
		for _, s := range all() {
			name := s.suite + "\t" + s.name
			if seen[name] || strings.ContainsAny(s.suite+s.name, "\t\n") || len(s.laws) == 0 {
				t.Errorf("%s: %q, with %d laws", population, name, len(s.laws))
			}
			seen[name] = true
		}
	}
}

func TestAnElementTriedAgainGivesTheSameLine(t *testing.T) {
	for _, c := range []campaign{small(""), {Population: "defects", Count: 3, Subject: "10 %", Part: 1, Parts: 1}, {Population: "bugs", Count: 3, Law: "Scorer/", Subject: "Scorer", Inputs: 2, Part: 1, Parts: 1}} {
		for _, e := range elementsOf(t, c) {
			first, err := e.try(c.Population, c.Inputs)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := e.try(c.Population, c.Inputs); err != nil || again.String() != first.String() {
				t.Errorf("%v\n%v\n%v", err, first, again)
			}
		}
	}
}

func TestPartsAreDisjointAndTogetherAll(t *testing.T) {
	c := small(t.TempDir())
	times := map[string]int{}
	for c.Part, c.Parts = 1, 3; c.Part <= 3; c.Part++ {
		missing, _, err := c.state()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range missing {
			times[e.String()]++
		}
	}
	for _, e := range elementsOf(t, c) {
		if times[e.String()] != 1 {
			t.Errorf("%v is in %d parts", e, times[e.String()])
		}
	}
}

// runSmall runs the campaign on the prism runner in this process.
func runSmall(t *testing.T, c campaign, table string) string {
	t.Helper()
	if err := run(c, table, 0); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A campaign that was stopped after any result, or in the middle of a line, ends with the table
// of one that was not; so does one with results twice in its journal.
func TestACampaignThatWasStoppedEndsWithTheSameTable(t *testing.T) {
	dir := t.TempDir()
	whole := small(dir)
	want := runSmall(t, whole, filepath.Join(dir, "whole.tsv"))
	journal, err := os.ReadFile(whole.Journal)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSuffix(string(journal), "\n"), "\n")
	rows, err := parseTable(want)
	if err != nil || len(rows) != len(lines)-1 {
		t.Fatalf("%d rows of %d results, %v", len(rows), len(lines)-1, err)
	}
	half := strings.Join(lines[:len(lines)/2], "")
	for name, left := range map[string]string{
		"half":               half,
		"all":                string(journal),
		"half and a piece":   half + lines[len(lines)/2][:20],
		"some results twice": half + strings.Join(lines[1:3], ""),
	} {
		c := small(dir)
		c.Journal = filepath.Join(dir, name)
		if err := os.WriteFile(c.Journal, []byte(left), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := runSmall(t, c, filepath.Join(dir, name+".tsv")); got != want {
			t.Errorf("%s: the table is\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestTheTableIsNotWrittenInPart(t *testing.T) {
	c := small(t.TempDir())
	if err := start(c, "", "2/1"); err == nil {
		t.Error("part 2 of 1 was not refused")
	}
	table := filepath.Join(filepath.Dir(c.Journal), "no folder", "x", "table.tsv")
	if err := os.WriteFile(filepath.Join(filepath.Dir(c.Journal), "no folder"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(c, table, 0); err == nil {
		t.Error("a table in a folder that cannot be was written")
	}
	if known, err := c.journal().open(); err != nil || len(known) != len(elementsOf(t, c)) {
		t.Errorf("the journal holds %d results after that, %v", len(known), err)
	}
}
