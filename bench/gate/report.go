//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"temper/bench/gate/decide"
)

// Exit codes.
const (
	exitPass       = 0
	exitRegression = 1
	exitUsage      = 2
	exitUnclear    = 3
	exitBroken     = 4
)

// Report is everything that a run found, as it is written to report.json.
type Report struct {
	Exit    int       `json:"exit"`
	Reason  string    `json:"reason"`
	Base    string    `json:"base"`   // what the user called it
	Commit  string    `json:"commit"` // empty where implementations of one tree are compared
	Margin  float64   `json:"margin"`
	Alpha   float64   `json:"alpha"` // chance of a false FAIL anywhere in the run
	Seed    uint64    `json:"seed"`
	Go      string    `json:"go"`
	System  string    `json:"system"`
	Elapsed float64   `json:"elapsed"` // seconds
	Plan    []int     `json:"plan"`    // layout pairs at each look
	Rows    []Row     `json:"rows"`
	Health  Health    `json:"health"`
	Time    time.Time `json:"time"`
	Notes   []string  `json:"notes,omitempty"` // about waivers and profiles
}

// Verdicts of rows beside those of package decide.
const (
	verdictNew  = "NEW"
	verdictGone = "GONE"
)

// Row is one benchmark of the report.
type Row struct {
	Package   string    `json:"package"`
	Name      string    `json:"name"`
	Verdict   string    `json:"verdict"`
	Timing    *Timing   `json:"timing,omitempty"`
	Exact     []Exact   `json:"exact,omitempty"`
	Waiver    *Waiver   `json:"waiver,omitempty"`
	Reproduce string    `json:"reproduce,omitempty"`
	Profiles  []string  `json:"profiles,omitempty"`
	LogRatios []float64 `json:"logRatios,omitempty"` // ln(head/base), pair by pair
	Control   []float64 `json:"control,omitempty"`   // ln(base′/base)
}

// Title names the row.
func (r Row) Title() string { return r.Package + "." + r.Name }

// Red is true for a failed row without a waiver.
func (r Row) Red() bool { return r.Verdict == string(decide.Fail) && r.Waiver == nil }

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

// Number is null in JSON where it isn't finite.
type Number float64

// MarshalJSON writes null for what JSON has no number for.
func (x Number) MarshalJSON() ([]byte, error) {
	if !x.finite() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

func (x Number) finite() bool { return !math.IsInf(float64(x), 0) && !math.IsNaN(float64(x)) }

func newTiming(r *row, judged decide.Row) *Timing {
	return &Timing{
		Base: medianTime(r.samples[base]), Head: medianTime(r.samples[head]),
		Ratio: Number(judged.Ratio), Lo: Number(judged.Lo), Hi: Number(judged.Hi),
		P: Number(judged.P), Pairs: judged.Pairs, Detectable: Number(judged.Detectable),
	}
}

func medianTime(samples []sample) Number {
	times := make([]float64, len(samples))
	for i, s := range samples {
		times[i] = s.seconds
	}
	slices.Sort(times)
	return Number(times[len(times)/2])
}

// report turns what was measured into rows and an exit code.
func (c *comparison) report() *Report {
	now := time.Now()
	report := &Report{
		Base: c.baseName(), Commit: c.commit, Margin: c.margin, Alpha: c.plan.Alpha, Seed: c.seed,
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Time: now.UTC(),
		Health: health(c.rounds.control, c.rounds.rows),
	}
	for _, look := range c.plan.Looks {
		report.Plan = append(report.Plan, look.Pairs)
	}
	report.Health.Rounds, report.Health.Repeated = c.rounds.taken, c.rounds.repeats
	level := decide.ControlAlpha / float64(len(c.rounds.rows))
	for r, row := range c.rounds.rows {
		report.Rows = append(report.Rows, c.timedRow(row, c.judged[r], level))
	}
	for _, row := range c.idle {
		verdict := verdictNew
		if row.missing(head) {
			verdict = verdictGone
		}
		report.Rows = append(report.Rows, Row{Package: row.path, Name: row.name, Verdict: verdict})
	}
	report.Notes = waive(report.Rows, c.excused, now)
	report.Exit, report.Reason = c.conclude(report)
	report.Elapsed = time.Since(c.started).Seconds()
	return report
}

func (c *comparison) timedRow(r *row, judged decide.Row, level float64) Row {
	out := Row{Package: r.path, Name: r.name, Verdict: string(judged.Verdict), Reproduce: c.reproduce(r)}
	if judged.Pairs == 0 {
		return out
	}
	out.Timing, out.Exact = newTiming(r, judged), exactMetrics(r, level)
	out.LogRatios = logRatios(r.samples[base], r.samples[head])
	out.Control = logRatios(r.samples[base], r.samples[same])
	if slices.ContainsFunc(out.Exact, func(m Exact) bool { return m.Worse }) {
		out.Verdict = string(decide.Fail)
	}
	return out
}

// conclude gives the exit code and says why. A broken gate comes before what it
// claims to have found; a regression before what isn't clear.
func (c *comparison) conclude(report *Report) (int, string) {
	red, waived, unclear := 0, 0, 0
	for _, row := range report.Rows {
		switch {
		case row.Red():
			red++
		case row.Waiver != nil:
			waived++
		case row.Verdict == string(decide.Inconclusive):
			unclear++
		}
	}
	broken := report.Health.Broken()
	switch {
	case c.looked && broken != "":
		return exitBroken, "the gate is broken: " + broken
	case red > 0:
		return exitRegression, fmt.Sprintf("%d of %d rows are worse", red, len(c.rounds.rows))
	case !c.looked:
		return exitUnclear, fmt.Sprintf("the budget of %v ended after %d layout pairs; nothing can be said before %d", c.budget, c.pairs(), c.plan.Looks[0].Pairs)
	case report.Health.Unstable():
		return exitUnclear, "the machine is too noisy: even a slowdown of 50 % stays unseen"
	case unclear > 0:
		return exitUnclear, fmt.Sprintf("%d of %d rows are too noisy to say", unclear, len(c.rounds.rows))
	case waived > 0:
		return exitPass, fmt.Sprintf("%d rows, of which %d are worse and waived", len(c.rounds.rows), waived)
	}
	return exitPass, fmt.Sprintf("no row of %d is worse", len(c.rounds.rows))
}

// reproduce is the command that measures one row again, with the same layouts.
func (c *comparison) reproduce(r *row) string {
	var args []string
	for _, word := range c.command {
		args = append(args, quote(word))
	}
	flag := func(name, value string) { args = append(args, name, quote(value)) }
	if c.commit != "" {
		flag("-base", c.commit)
	}
	bench := pattern(r.bench[head])
	if c.arm != "" {
		flag("-arm", c.arm)
		flag("-base-arm", c.baseArm)
		either := "(" + regexp.QuoteMeta(c.baseArm) + "|" + regexp.QuoteMeta(c.arm) + ")"
		bench = strings.Replace(bench, regexp.QuoteMeta(c.arm), either, 1)
	}
	flag("-bench", bench)
	flag("-margin", strconv.FormatFloat(c.margin, 'g', -1, 64))
	flag("-seed", strconv.FormatUint(c.seed, 10))
	if c.dir != "." {
		flag("-C", c.dir)
	}
	args = append(args, quote(r.path))
	return strings.Join(args, " ")
}

// quote protects a word from the shell where it needs that.
func quote(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
