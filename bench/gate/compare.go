//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"temper/bench/gate/decide"
	"temper/bench/gate/scratch"
)

// comparison is a run under way.
type comparison struct {
	config
	started  time.Time
	deadline time.Time // the budget's end: checks and copies don't count
	progress *progress
	work     *scratch.Folder
	commit   string // of base, "" where both arms are the work tree
	modules  [arms]string
	layouts  layouts
	rounds   rounds
	excused  []Waiver
	idle     []*row // NEW and GONE: not timed
	plan     decide.Plan
	judged   []decide.Row
	looked   bool     // at least the plan's first look was reached
	first    binaries // linked before any pair, to calibrate and to profile
	linkTime time.Duration
}

// compare measures, decides and explains. The error is about the run, not about
// the rows: those are in the report. With a report, it is about the files only.
func compare(ctx context.Context, c config, p *progress) (report *Report, err error) {
	scratch.RemoveLeftovers()
	work, err := scratch.New()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, work.Remove()) }()
	run := &comparison{config: c, started: time.Now(), progress: p, work: work}
	for _, step := range []func(context.Context) error{run.open, run.copyTrees, run.check, run.prepare, run.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	p.clear()
	report = run.report()
	return report, run.write(ctx, report)
}

// open makes the output folder, which tells git to ignore it, and reads the
// waivers: the file named, or the module's own if there is one.
func (c *comparison) open(context.Context) (err error) {
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.out, ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return err
	}
	if c.waivers != "" {
		c.excused, err = readWaivers(c.waivers, true)
	} else {
		c.excused, err = readWaivers(filepath.Join(c.dir, "gate.waivers"), false)
	}
	return err
}

func (c *comparison) copyTrees(ctx context.Context) error {
	repo, err := openRepository(ctx, c.dir)
	if err != nil {
		return err
	}
	if c.base != "" {
		if c.commit, err = repo.resolve(ctx, c.base); err != nil {
			return err
		}
	}
	tree := func(arm int) string { return filepath.Join(c.work.Dir, armNames[arm]) }
	module := func(arm int) string { return filepath.Join(tree(arm), repo.module) }
	c.progress.say("copying the work tree")
	if err := repo.copyWorkTree(ctx, tree(head)); err != nil {
		return err
	}
	c.modules = [arms]string{module(head), module(head), module(head)}
	if c.commit == "" {
		return nil
	}
	c.progress.say("copying base %s", c.commit)
	c.modules[base], c.modules[same] = module(base), module(base)
	return repo.copyCommit(ctx, c.commit, tree(base))
}

// check runs the user's check in both trees, where there is one.
func (c *comparison) check(ctx context.Context) error {
	if c.config.check == "" {
		return nil
	}
	for _, arm := range []int{base, head} {
		c.progress.say("checking %s: %s", armNames[arm], c.config.check)
		if err := check(ctx, c.config.check, c.modules[arm], c.work.Dir, arm); err != nil {
			return err
		}
	}
	return nil
}

// prepare links every arm once, which shows that they build, and finds the rows.
func (c *comparison) prepare(ctx context.Context) error {
	c.deadline = time.Now().Add(c.budget)
	packages, err := listPackages(ctx, c.modules, c.patterns)
	if err != nil {
		return err
	}
	bin, controls := filepath.Join(c.work.Dir, "bin"), filepath.Join(c.work.Dir, "control")
	if err := errors.Join(os.Mkdir(bin, 0o755), os.Mkdir(controls, 0o755)); err != nil {
		return err
	}
	c.layouts = layouts{dir: bin, packages: packages, seed: c.seed}
	c.progress.say("building %d packages with benchmarks, in both arms", len(packages))
	first, err := c.layouts.link(ctx, 0, 1)
	if err != nil {
		return err
	}
	c.first = first[0]
	control, err := newControl(ctx, controls)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	c.rounds = rounds{rng: rand.New(rand.NewPCG(c.seed, 1)), control: control}
	c.progress.say("calibrating")
	keys := armKeys{base: c.baseArm, same: c.baseArm, head: c.arm}
	found, err := calibrate(ctx, packages, c.first, c.bench, keys, sampleTime)
	if err != nil {
		return err
	}
	if err := c.divide(found); err != nil {
		return err
	}
	for _, r := range c.rounds.rows {
		if err := r.suit(ctx, c.first[r.pkg]); err != nil {
			return err
		}
	}
	return nil
}

// divide tells the rows to time from those that are new or gone, and forgets
// packages with nothing to time. It is an error if nothing is left.
func (c *comparison) divide(found []*row) error {
	inBase, timed := 0, map[int]bool{}
	for _, r := range found {
		if !r.missing(base) {
			inBase++
		}
		if r.missing(base) || r.missing(head) {
			c.idle = append(c.idle, r)
			continue
		}
		c.rounds.rows = append(c.rounds.rows, r)
		timed[r.pkg] = true
	}
	for p, pkg := range c.layouts.packages {
		if !timed[p] {
			pkg.dir = [arms]string{} // nothing to link any more
		}
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("no benchmark matches -bench %q in %v", c.bench, c.patterns)
	case inBase == 0:
		return fmt.Errorf("base %s has no benchmark that matches -bench %q in %v: there is nothing to compare with", c.baseName(), c.bench, c.patterns)
	case len(timed) == 0:
		return fmt.Errorf("no benchmark is in both arms: all %d are new or gone", len(found))
	}
	return nil
}

// baseName is how messages call the base.
func (c *comparison) baseName() string {
	if c.base == "" {
		return c.baseArm
	}
	return c.base
}
