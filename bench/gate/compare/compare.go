//go:build unix

package compare

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
	"temper/bench/gate/scratch"
)

// Config says what to compare, and how.
type Config struct {
	Command      []string      // that the user typed, without the flags
	Base         string        // commit, "" where both arms are the work tree
	Bench        string        // benchmarks to time, as for go test -bench
	Margin       float64       // slowdown that does not matter: 0.03 is 3 %
	Budget       time.Duration // for everything but copies and checks
	Dir          string        // folder of the module
	Check        string        // shell command that must succeed in both arms, "" for none
	Arm, BaseArm string        // key=value in the names of an arm's benchmarks, "" for all
	Seed         uint64        // fixes layouts and order
	Out          string        // folder for reports, samples and profiles
	Waivers      string        // file; "" for gate.waivers in the module, if it exists
	Packages     []string      // as for go list
}

// Default returns the configuration of a command line without flags. The seed is
// random.
func Default() Config {
	return Config{
		Bench: ".", Margin: decide.Margin, Budget: 5 * time.Minute, Dir: ".",
		Seed: uint64(rand.Uint32()), Out: "gate.out", Packages: []string{"./..."},
	}
}

// baseName returns how messages call the base.
func (c Config) baseName() string {
	if c.Base == "" {
		return c.BaseArm
	}
	return c.Base
}

// A comparison is a run under way.
type comparison struct {
	Config
	started  time.Time
	deadline time.Time // end of the budget
	progress *report.Progress
	waivers  []report.Waiver
	trees    arms.Trees
	timer    *arms.Timer
	plan     decide.Plan
	judged   []decide.Judgement // of timer.Rows, at the last look; nil before the first
	looked   bool               // the pairs of the plan's first look were all timed
	ended    error              // what ended the measuring early, nil if nothing did
}

// Run compares head with base and writes what it finds to the folder c.Out. Without a
// report, the error says why nothing could be compared. With a report, the error is about
// files only.
func Run(ctx context.Context, c Config, p *report.Progress) (r *report.Report, err error) {
	scratch.RemoveLeftovers()
	work, err := scratch.New()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, work.Remove()) }()
	unlock, err := makeOut(c.Out)
	if err != nil {
		return nil, err
	}
	defer unlock()
	run := &comparison{Config: c, started: time.Now(), progress: p}
	if err := run.prepare(ctx, work.Dir); err != nil {
		return nil, err
	}
	if err := run.measure(ctx); err != nil {
		return nil, err
	}
	p.Clear()
	r = run.report()
	return r, run.write(ctx, r)
}

// ExitCode returns the exit code of an error that ended a run: 1 if the code of head is
// wrong, which is a regression, and 2 otherwise. If that of base is wrong, there is
// nothing to compare with.
func ExitCode(err error) int {
	var wrong *arms.Error
	if errors.As(err, &wrong) && wrong.Arm == arms.Head {
		return report.ExitRegression
	}
	return report.ExitUsage
}

// prepare does everything that comes before the first pair.
func (c *comparison) prepare(ctx context.Context, work string) (err error) {
	if c.waivers, err = c.readWaivers(); err != nil {
		return err
	}
	if c.trees, err = arms.CopyTrees(ctx, c.Dir, c.Base, work, c.progress.Say); err != nil {
		return err
	}
	if err := c.check(ctx); err != nil {
		return err
	}
	c.deadline = time.Now().Add(c.Budget)
	what := arms.Selection{Packages: c.Packages, Bench: c.Bench, BaseKey: c.BaseArm, HeadKey: c.Arm}
	if c.timer, err = c.trees.Prepare(ctx, what, c.Seed, c.progress.Say); err != nil {
		return err
	}
	return c.somethingToTime()
}

func (c *comparison) readWaivers() ([]report.Waiver, error) {
	if c.Waivers != "" {
		return report.ReadWaivers(c.Waivers, true)
	}
	return report.ReadWaivers(filepath.Join(c.Dir, "gate.waivers"), false)
}

// check runs the user's check, if there is one, in base and in head.
func (c *comparison) check(ctx context.Context) error {
	if c.Check == "" {
		return nil
	}
	for _, arm := range []arms.Arm{arms.Base, arms.Head} {
		c.progress.Say("checking %s: %s", arm, c.Check)
		if err := c.trees.Check(ctx, arm, c.Check); err != nil {
			return err
		}
	}
	return nil
}

// somethingToTime is an error if no benchmark can be timed in both base and head.
func (c *comparison) somethingToTime() error {
	if len(c.timer.Rows) > 0 {
		return nil
	}
	if len(c.timer.Untimed) > 0 {
		var reasons []string
		for _, r := range c.timer.Untimed {
			reasons = append(reasons, r.Title()+": "+r.Reason)
		}
		return fmt.Errorf("no benchmark can be timed in both arms:\n%s", strings.Join(reasons, "\n"))
	}
	inBase := slices.ContainsFunc(c.timer.Unpaired, func(r *arms.Row) bool { return !r.Missing(arms.Base) })
	switch {
	case len(c.timer.Unpaired) == 0:
		return fmt.Errorf("no benchmark matches -bench %q in %v", c.Bench, c.Packages)
	case !inBase:
		return fmt.Errorf("base %s has no benchmark that matches -bench %q in %v: there is nothing to compare with", c.baseName(), c.Bench, c.Packages)
	}
	return fmt.Errorf("no benchmark is in both arms: all %d are new or gone", len(c.timer.Unpaired))
}
