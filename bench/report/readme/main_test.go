package main

import (
	"os"
	"strings"
	"testing"

	"temper/bench/report/results"
)

const root = "../../.."

func TestTablesAreThoseOfTheRecords(t *testing.T) {
	for _, table := range tables {
		text, err := os.ReadFile(root + "/" + table.document)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := table.refreshed(root, string(text))
		if err != nil {
			t.Error(err)
		} else if fresh != string(text) {
			want, _ := table.text(root)
			t.Errorf("the table %q of %s is stale; make readme writes it again:\n%s", table.name, table.document, want)
		}
	}
}

func TestAStaleTableIsWrittenAgain(t *testing.T) {
	table := tables[0]
	stale := "before\n<!-- make readme: speed -->\n| old |\n<!-- end -->\nafter\n<!-- end -->\n"
	fresh, err := table.refreshed(root, stale)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(fresh, "before\n<!-- make readme: speed -->\n| | reference |") || !strings.HasSuffix(fresh, "<!-- end -->\nafter\n<!-- end -->\n") || strings.Contains(fresh, "old") {
		t.Errorf("written again:\n%s", fresh)
	}
	for _, broken := range []string{"", "<!-- make readme: speed -->\n", "<!-- end -->\n"} {
		if _, err := table.refreshed(root, broken); err == nil {
			t.Errorf("no error for %q", broken)
		}
	}
	table.record = "none.txt"
	if _, err := table.refreshed(root, stale); err == nil {
		t.Error("no error for a record that is not there")
	}
}

func TestARowThatTheRecordHasNotIsLeftOutOnlyWhereItIsNewer(t *testing.T) {
	table := tables[0]
	absent := results.Row{Operation: "Sampler", Workload: "cut=none"}
	table.rows = []tableRow{table.rows[0], {label: "absent", row: absent, newer: true}}
	if text, err := table.text(root); err != nil || strings.Contains(text, "absent") || strings.Count(text, "\n") != 3 {
		t.Errorf("with an absent row that is newer: %v\n%s", err, text)
	}
	table.rows[1].newer = false
	if _, err := table.text(root); err == nil {
		t.Error("no error for a row that the record has not")
	}
}

func TestReadmeHasAtMostAHundredLines(t *testing.T) {
	text, err := os.ReadFile(root + "/README.md")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(text), "\n"); lines > 100 {
		t.Errorf("%d lines", lines)
	}
}
