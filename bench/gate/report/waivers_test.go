package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"temper/bench/gate/decide"
)

func TestWaiverHoldsThroughItsLastDay(t *testing.T) {
	for _, c := range []struct {
		now string
		red bool
	}{
		{"2027-01-31T23:59:59Z", false},
		{"2027-02-01T00:00:00Z", true},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		w, err := parseWaiver("m.Sum/n=1 ada@example.org 2027-01-31 checks for overflow now")
		if err != nil {
			t.Fatal(err)
		}
		report := Report{Time: now, Rows: []Row{{Package: "m", Name: "Sum/n=1", Verdict: decide.Fail}}}
		report.Waive([]Waiver{w})
		if report.Rows[0].Red() != c.red {
			t.Errorf("at %s red is %v", c.now, report.Rows[0].Red())
		}
		if c.red && (len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "expired")) {
			t.Errorf("at %s the notes are %q", c.now, report.Notes)
		}
	}
}

// A row that is slower by a little fails in one run and is too noisy to say in the next.
func TestWaiverThatLetsARowFailLetsItBeUnclearToo(t *testing.T) {
	report := Report{Health: Health{Slowed: decide.Fail}, Time: time.Now(), Rows: []Row{{Package: "m", Name: "Sum", Verdict: decide.Inconclusive}}}
	report.Waive([]Waiver{{Row: "m.Sum", Owner: "ada", Until: report.Time}})
	if report.Conclude(""); report.Exit != ExitPass {
		t.Errorf("exit %d: %s", report.Exit, report.Reason)
	}
}

func TestWaiverThatExcusesNothingIsNamed(t *testing.T) {
	report := Report{Time: time.Now(), Rows: []Row{{Package: "m", Name: "Sum", Verdict: decide.Pass}}}
	report.Waive([]Waiver{{Row: "m.Sum", Owner: "ada"}})
	if len(report.Notes) != 1 || !strings.Contains(report.Notes[0], "m.Sum excuses nothing") {
		t.Errorf("notes %q", report.Notes)
	}
}

func TestBadWaiversAreNamedByLine(t *testing.T) {
	for _, line := range []string{"m.Sum ada@example.org 2027-01-31", "m.Sum ada@example.org tomorrow because"} {
		path := filepath.Join(t.TempDir(), "waivers")
		if err := os.WriteFile(path, []byte("# comment\n\n"+line+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadWaivers(path, true); err == nil || !strings.Contains(err.Error(), path+":3:") {
			t.Errorf("%q: %v", line, err)
		}
	}
}
