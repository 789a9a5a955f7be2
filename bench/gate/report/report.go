// Package report holds what a run of the gate found, row by row, the exit code that
// follows from it, and how it is shown: as a table, as Markdown and as JSON.
package report

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"temper/bench/gate/decide"
)

// Report is everything that a run found, as it is written to report.json.
type Report struct {
	Exit    int       `json:"exit"`
	Reason  string    `json:"reason"`
	Base    string    `json:"base"`           // as the user named it
	Commit  string    `json:"commit"`         // empty where implementations of one tree are compared
	Head    string    `json:"head,omitempty"` // the last commit below the work tree, which may have changes on top
	CPU     string    `json:"cpu,omitempty"`  // as the benchmarks call it
	Margin  float64   `json:"margin"`
	Alpha   float64   `json:"alpha"` // chance of a false FAIL anywhere in the run
	Seed    uint64    `json:"seed"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	Elapsed float64   `json:"elapsed"` // seconds
	Plan    []int     `json:"plan"`    // pairs at each look
	Rows    []Row     `json:"rows"`
	Health  Health    `json:"health"`
	Time    time.Time `json:"time"`
	Notes   []string  `json:"notes,omitempty"` // about waivers and profiles
}

// Verdicts on rows that are not timed, beside those of package decide.
const (
	New  decide.Verdict = "NEW"  // in head only
	Gone decide.Verdict = "GONE" // in base only
)

// Row is what the report says of one benchmark.
type Row struct {
	Package   string         `json:"package"`
	Name      string         `json:"name"`
	Verdict   decide.Verdict `json:"verdict"`
	Untimed   string         `json:"untimed,omitempty"` // why it is not timed though both arms have it
	Timing    *Timing        `json:"timing,omitempty"`
	Exact     []Exact        `json:"exact,omitempty"`
	Waiver    *Waiver        `json:"waiver,omitempty"`
	Reproduce string         `json:"reproduce,omitempty"` // the command that measures the row again
	Profiles  []string       `json:"profiles,omitempty"`  // files, of base and of head
	LogRatios []float64      `json:"logRatios,omitempty"` // ln(head/base), pair by pair
	Control   []float64      `json:"control,omitempty"`   // ln(base′/base)
}

// Title returns the row's name for people.
func (r Row) Title() string { return r.Package + "." + r.Name }

// Red returns whether the row failed and is not waived.
func (r Row) Red() bool { return r.Verdict == decide.Fail && r.Waiver == nil }

// Timing is what the pairs show.
type Timing struct {
	Base       Number `json:"base"` // seconds per operation, median
	Head       Number `json:"head"`
	Ratio      Number `json:"ratio"` // head / base
	Lo         Number `json:"lo"`
	Hi         Number `json:"hi"`
	P          Number `json:"p"` // of "not slower by more than the margin", adjusted; against alpha
	Pairs      int    `json:"pairs"`
	Detectable Number `json:"detectable"` // slowdown found with 90 % power; 0.05 is 5 %
}

// Exact is a metric that has no noise to speak of: allocations per operation, and
// whatever the benchmarks declare exact ("Unit nll assume=exact better=lower").
type Exact struct {
	Unit   string `json:"unit"`
	Base   Number `json:"base"` // the best of all pairs
	Head   Number `json:"head"`
	Worse  bool   `json:"worse"`
	Varies bool   `json:"varies,omitempty"` // is declared exact, and yet base and base′, the same code, differ
}

// Health is what the controls say of the run.
type Health struct {
	Moved    []string       `json:"moved"`    // rows whose base and base′, the same code, differ
	Slowed   decide.Verdict `json:"slowed"`   // on a slowdown of 50 % made on purpose: must be FAIL
	Spread   float64        `json:"spread"`   // of the control's pairs, as a standard deviation of ln(base′/base)
	Repeated int            `json:"repeated"` // disturbed rounds that were measured again
	Rounds   int            `json:"rounds"`   // of all
}

// found is what became of the slowdown made on purpose.
func (h Health) found() string {
	if h.Slowed == decide.Fail {
		return "found, as it must be"
	}
	return fmt.Sprintf("not found (%s)", h.Slowed)
}

// Broken returns which control failed, "" if none did.
func (h Health) Broken() string {
	switch {
	case len(h.Moved) > 0:
		return "identical builds were found to differ"
	case h.Slowed == decide.Pass:
		return "a slowdown of 50 % made on purpose passed"
	}
	return ""
}

// Unstable returns whether the machine is too noisy even for the control.
func (h Health) Unstable() bool { return h.Slowed == decide.Inconclusive }

// Number is written to JSON as null where it is not finite.
type Number float64

// MarshalJSON writes null for infinities and NaN, for which JSON has no number.
func (x Number) MarshalJSON() ([]byte, error) {
	if !x.finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

func (x Number) finite() bool { return !math.IsInf(float64(x), 0) && !math.IsNaN(float64(x)) }
