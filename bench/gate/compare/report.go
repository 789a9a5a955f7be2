//go:build unix

package compare

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"temper/bench/gate/arms"
	"temper/bench/gate/child"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
	"temper/props/verdict"
)

// report puts what was measured into rows, and concludes.
func (c *comparison) report() *report.Report {
	r := &report.Report{
		Base: c.baseName(), Commit: c.trees.Commit, Head: c.trees.Head, CPU: c.timer.Control.CPU(), Margin: c.Margin, Alpha: c.plan.Alpha, Seed: c.Seed,
		Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, Time: time.Now().UTC(),
		Health: health(c.timer.Control, c.timer.Rows),
	}
	for _, look := range c.plan.Looks {
		r.Plan = append(r.Plan, look.Pairs)
	}
	r.Health.Rounds, r.Health.Repeated = c.timer.Rounds, c.timer.Repeated
	level := decide.ControlAlpha / float64(len(c.timer.Rows))
	for i, row := range c.timer.Rows {
		r.Rows = append(r.Rows, c.timedRow(row, c.judged[i], level))
	}
	for _, row := range c.timer.Untimed {
		r.Rows = append(r.Rows, report.Row{Package: row.Package, Name: row.Name, Verdict: decide.Inconclusive, Untimed: row.Reason})
	}
	for _, row := range c.timer.Unpaired {
		found := report.New
		if row.Missing(arms.Head) {
			found = report.Gone
		}
		r.Rows = append(r.Rows, report.Row{Package: row.Package, Name: row.Name, Verdict: found})
	}
	r.Waive(c.waivers)
	r.Conclude(c.tooShort())
	if c.ended != nil {
		r.EndEarly(c.ended.Error(), ExitCode(c.ended))
	}
	r.Elapsed = time.Since(c.started).Seconds()
	return r
}

// tooShort says why the run ended before the first look, "" if it did not.
func (c *comparison) tooShort() string {
	what := fmt.Sprintf("the budget of %v", c.Budget)
	switch {
	case c.looked:
		return ""
	case c.ended != nil:
		what = "the run"
	}
	return fmt.Sprintf("%s ended after %d layout pairs; nothing can be said before %d", what, c.timer.Pairs(), c.plan.Looks[0].Pairs)
}

func (c *comparison) timedRow(row *arms.Row, judged decide.Judgement, level float64) report.Row {
	out := report.Row{Package: row.Package, Name: row.Name, Verdict: judged.Verdict, Reproduce: c.reproduce(row)}
	if judged.Pairs == 0 {
		return out
	}
	out.Timing = &report.Timing{
		Base: medianTime(row, arms.Base), Head: medianTime(row, arms.Head),
		Ratio: report.Number(judged.Ratio), Lo: report.Number(judged.Lo), Hi: report.Number(judged.Hi),
		P: report.Number(judged.P), Pairs: judged.Pairs, Detectable: report.Number(judged.Detectable),
	}
	out.Exact = exactMetrics(row, level)
	out.LogRatios = row.LogRatios(arms.Base, arms.Head)
	out.Control = row.LogRatios(arms.Base, arms.Same)
	if slices.ContainsFunc(out.Exact, func(m report.Exact) bool { return m.Worse }) {
		out.Verdict = decide.Fail
	}
	return out
}

func medianTime(row *arms.Row, arm arms.Arm) report.Number {
	var times []float64
	for _, s := range row.Samples[arm] {
		times = append(times, s.Seconds)
	}
	slices.Sort(times)
	return report.Number(times[len(times)/2])
}

// reproduce returns the command that measures one row again, with the same layouts.
func (c *comparison) reproduce(row *arms.Row) string {
	words := slices.Clone(c.Command)
	flag := func(name, value string) { words = append(words, name, value) }
	if c.trees.Commit != "" {
		flag("-base", c.trees.Commit)
	}
	bench := row.Pattern(arms.Head)
	if c.Arm != "" {
		flag("-arm", c.Arm)
		flag("-base-arm", c.BaseArm)
		either := "(" + regexp.QuoteMeta(c.BaseArm) + "|" + regexp.QuoteMeta(c.Arm) + ")"
		bench = strings.Replace(bench, regexp.QuoteMeta(c.Arm), either, 1)
	}
	flag("-bench", bench)
	flag("-margin", strconv.FormatFloat(c.Margin, 'g', -1, 64))
	flag("-seed", strconv.FormatUint(c.Seed, 10))
	if c.Dir != "." {
		flag("-C", c.Dir)
	}
	return verdict.CommandLine(append(words, row.Package)...)
}

// write fills the output folder: the samples of each arm, profiles of the rows that
// fail, and the report.
func (c *comparison) write(ctx context.Context, r *report.Report) error {
	if err := c.timer.WriteSamples(c.Out); err != nil {
		return err
	}
	c.profile(ctx, r)
	return r.Write(c.Out)
}

// profile takes CPU profiles of base and of head for every row that fails. If that
// goes wrong, the report notes it and the verdict stays.
func (c *comparison) profile(ctx context.Context, r *report.Report) {
	for i, row := range c.timer.Rows {
		if r.Rows[i].Verdict != decide.Fail {
			continue
		}
		c.progress.Say("profiling %s", row.Title())
		for _, arm := range []arms.Arm{arms.Base, arms.Head} {
			path, err := c.profilePath(row, arm)
			if err == nil {
				err = c.timer.Profile(ctx, row, arm, path)
			}
			if err != nil {
				r.Notes = append(r.Notes, fmt.Sprintf("no profile of %s: %s", row.Title(), child.Words(err)))
				break
			}
			r.Rows[i].Profiles = append(r.Rows[i].Profiles, path)
		}
	}
	c.progress.Clear()
}

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9_.=-]+`)

func (c *comparison) profilePath(row *arms.Row, arm arms.Arm) (string, error) {
	return filepath.Abs(filepath.Join(c.Out, unsafeInFile.ReplaceAllString(row.Title(), "_")+"."+arm.String()+".pprof"))
}
