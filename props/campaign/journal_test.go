package main

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// written is a journal with some results, and their lines.
func written(t *testing.T) (journal, []string) {
	t.Helper()
	j, lines := newJournal(filepath.Join(t.TempDir(), "journal"), "controls", 100), someResults(4)
	if known, err := j.open(); err != nil || len(known) != 0 {
		t.Fatalf("a new journal: %v, %v", known, err)
	}
	for _, line := range lines {
		if err := j.append(line); err != nil {
			t.Fatal(err)
		}
	}
	return j, lines
}

// edit changes the text of a journal.
func (j journal) edit(t *testing.T, change func(string) string) {
	t.Helper()
	text, err := os.ReadFile(j.file)
	if err == nil {
		err = os.WriteFile(j.file, []byte(change(string(text))), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestAJournalHoldsWhatWasAppended(t *testing.T) {
	j, lines := written(t)
	if known, err := j.open(); err != nil || !slices.Equal(known, lines) {
		t.Errorf("%v, %v, want %v", known, err, lines)
	}
}

// However much of the last line a killed process left, the others count, and so does what comes
// after.
func TestALineCutShortCountsForNothing(t *testing.T) {
	j, lines := written(t)
	text, err := os.ReadFile(j.file)
	if err != nil {
		t.Fatal(err)
	}
	for left := 1; left < len(lines[3]); left++ {
		j.edit(t, func(string) string { return string(text[:len(text)-1-left]) })
		if err := j.append(lines[3]); err != nil {
			t.Fatal(err)
		}
		if known, err := j.open(); err != nil || !slices.Equal(known, lines) {
			t.Fatalf("without the last %d bytes: %v, %v, want %v", left, known, err, lines)
		}
	}
}

// Every byte of a result that is changed is noticed, and the file stays as it is.
func TestADamagedLineIsNamed(t *testing.T) {
	j, lines := written(t)
	before, err := os.ReadFile(j.file)
	if err != nil {
		t.Fatal(err)
	}
	start := strings.Index(string(before), lines[1])
	for at := start; at < start+len(lines[1]); at++ {
		if before[at] == '\t' {
			continue // the line then has too few fields, and counts as cut short
		}
		damaged := slices.Clone(before)
		damaged[at] ^= 1
		if damaged[at] == '\n' || damaged[at] == '\t' {
			continue
		}
		j.edit(t, func(string) string { return string(damaged) })
		if _, err := j.open(); err == nil || !strings.Contains(err.Error(), j.file+":3 is damaged") {
			t.Fatalf("byte %d: %v", at-start, err)
		}
		if after, err := os.ReadFile(j.file); err != nil || !slices.Equal(after, damaged) {
			t.Fatalf("byte %d: the file was changed: %v", at-start, err)
		}
	}
}

func TestTheJournalOfAnotherEditionOrCampaignIsRefused(t *testing.T) {
	j, _ := written(t)
	for _, other := range []journal{newJournal(j.file, "bugs", 100), newJournal(j.file, "controls", 30)} {
		if _, err := other.open(); err == nil || !strings.Contains(err.Error(), "another file with -journal") {
			t.Errorf("%s: %v", other.heading, err)
		}
	}
	j.edit(t, func(text string) string { return strings.Replace(text, "laws v", "laws older than v", 1) })
	if _, err := j.open(); err == nil || !strings.Contains(err.Error(), "laws older than v") {
		t.Errorf("another edition of the laws: %v", err)
	}
}

func TestAFullDiskIsAnErrorThatSaysWhatToDo(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs /dev/full")
	}
	err := newJournal("/dev/full", "controls", 100).append(someResults(1)[0])
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make room") {
		t.Errorf("%v", err)
	}
}
