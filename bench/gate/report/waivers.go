package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"temper/bench/gate/decide"
)

// Waiver allows one row to fail, or not to be clear, until a day. Its owner is responsible for that. The
// file of waivers has a line for each, and may have blank lines and comments:
//
//	# row                            owner              until       reason
//	example.org/m/pkg.Sum/n=4096     ada@example.org    2027-01-31  checks for overflow now
type Waiver struct {
	Row    string    `json:"row"`
	Owner  string    `json:"owner"`
	Until  time.Time `json:"until"` // the last day on which it holds
	Reason string    `json:"reason"`
}

// expired returns whether the last day is over.
func (w Waiver) expired(now time.Time) bool { return !now.Before(w.Until.AddDate(0, 0, 1)) }

func (w Waiver) String() string {
	return fmt.Sprintf("%s, until %s: %s", w.Owner, w.Until.Format(time.DateOnly), w.Reason)
}

// ReadWaivers reads a file of waivers, which may be missing unless it is required.
func ReadWaivers(path string, required bool) ([]Waiver, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !required {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var waivers []Waiver
	number := 0
	for line := range strings.SplitSeq(string(text), "\n") {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		w, err := parseWaiver(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, number, err)
		}
		waivers = append(waivers, w)
	}
	return waivers, nil
}

func parseWaiver(line string) (Waiver, error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return Waiver{}, fmt.Errorf("a waiver is a row, its owner, its last day and a reason; got %q", line)
	}
	until, err := time.Parse(time.DateOnly, fields[2])
	if err != nil {
		return Waiver{}, fmt.Errorf("last day %q: want it as 2027-01-31", fields[2])
	}
	return Waiver{Row: fields[0], Owner: fields[1], Until: until, Reason: strings.Join(fields[3:], " ")}, nil
}

// Waive attaches the waivers to the rows that fail or are inconclusive, and adds a note
// for each waiver that has expired or is not needed.
func (r *Report) Waive(waivers []Waiver) {
	for _, w := range waivers {
		used := false
		for i := range r.Rows {
			row := &r.Rows[i]
			if row.Title() != w.Row || row.Verdict != decide.Fail && row.Verdict != decide.Inconclusive {
				continue
			}
			used = true
			if w.expired(r.Time) {
				r.Notes = append(r.Notes, fmt.Sprintf("the waiver for %s has expired (%v)", w.Row, w))
			} else {
				row.Waiver = &w
			}
		}
		if !used {
			r.Notes = append(r.Notes, fmt.Sprintf("the waiver for %s excuses nothing in this run (%v)", w.Row, w))
		}
	}
}
