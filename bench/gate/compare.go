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
)

// comparison is a run under way.
type comparison struct {
	config
	started  time.Time
	deadline time.Time // the budget's end: checks and copies don't count
	progress *progress
	work     *workspace
	commit   string // of base, "" where both arms are the work tree
	modules  [arms]string
	layouts  layouts
	rounds   rounds
	excused  []Waiver
	idle     []*row // NEW and GONE: not timed
	plan     decide.Plan
	judged   []decide.Row
	looked   bool     // at least the plan's first look was reached
	last     binaries // of the latest pair, for profiles
	linkTime time.Duration
}

// compare measures, decides and explains. The error is about the run, not about
// the rows: those are in the report.
func compare(ctx context.Context, c config, p *progress) (report *Report, err error) {
	removeLeftovers()
	work, err := newWorkspace()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, work.remove()) }()
	run := &comparison{config: c, started: time.Now(), progress: p, work: work}
	for _, step := range []func(context.Context) error{run.readWaivers, run.copyTrees, run.check, run.prepare, run.measure} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	p.clear()
	report = run.report()
	return report, run.write(ctx, report)
}

// readWaivers reads the file named, or the module's own if there is one.
func (c *comparison) readWaivers(context.Context) (err error) {
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
	tree := func(arm int) string { return filepath.Join(c.work.dir, armNames[arm]) }
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
		if err := check(ctx, c.config.check, c.modules[arm], c.work.dir, arm); err != nil {
			return err
		}
	}
	return nil
}

// prepare links the first pair, which shows that both arms build, and finds the
// rows.
func (c *comparison) prepare(ctx context.Context) error {
	c.deadline = time.Now().Add(c.budget)
	packages, err := listPackages(ctx, c.modules, c.patterns)
	if err != nil {
		return err
	}
	bin, controls := filepath.Join(c.work.dir, "bin"), filepath.Join(c.work.dir, "control")
	if err := errors.Join(os.Mkdir(bin, 0o755), os.Mkdir(controls, 0o755)); err != nil {
		return err
	}
	c.layouts = layouts{dir: bin, packages: packages, seed: c.seed}
	c.progress.say("building %d packages with benchmarks, in both arms", len(packages))
	first, err := c.layouts.link(ctx, 0, 1)
	if err != nil {
		return err
	}
	c.last = first[0]
	control, err := newControl(ctx, controls)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	c.progress.say("calibrating")
	keys := armKeys{base: c.baseArm, same: c.baseArm, head: c.arm}
	all, err := calibrate(ctx, packages, c.last, c.bench, keys, sampleTime)
	if err != nil {
		return err
	}
	c.rounds = rounds{rng: rand.New(rand.NewPCG(c.seed, 1)), control: control}
	inBase, timed := 0, map[int]bool{}
	for _, r := range all {
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
	for p, pkg := range packages {
		if !timed[p] {
			pkg.dir = [arms]string{} // nothing to link any more
		}
	}
	switch {
	case len(all) == 0:
		return fmt.Errorf("no benchmark matches -bench %q in %v", c.bench, c.patterns)
	case inBase == 0:
		return fmt.Errorf("base %s has no benchmark that matches -bench %q in %v: there is nothing to compare with", c.baseName(), c.bench, c.patterns)
	case len(timed) == 0:
		return fmt.Errorf("no benchmark is in both arms: all %d are new or gone", len(all))
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

// measure goes from look to look until every row is decided, the plan ends or the
// budget does.
func (c *comparison) measure(ctx context.Context) error {
	c.plan = decide.NewPlan(len(c.rounds.rows), c.margin)
	for k, look := range c.plan.Looks {
		for c.pairs() < look.Pairs {
			done := c.pairs()
			fits := c.fitting()
			if done == 0 && fits < look.Pairs {
				c.progress.note("a budget of %v allows about %d pairs, and %d rows need %d to show anything: raise -budget or name fewer rows",
					c.budget, fits, len(c.rounds.rows), look.Pairs)
			}
			if err := c.measurePairs(ctx, done, min(look.Pairs, done+min(batch, fits))); err != nil {
				return err
			}
			if c.pairs() == done {
				break
			}
		}
		short := c.pairs() < look.Pairs
		c.looked = c.looked || !short
		c.judged = c.plan.Judge(k, c.judged, c.logRatios(), short)
		if short || c.openRows() == 0 {
			return nil
		}
	}
	return nil
}

// batch is how many pairs are linked at a time: it bounds the room they take, and
// what the budget can be exceeded by.
const batch = 4

// measurePairs links pairs from ≤ i < to, then times them, with nothing else
// going on meanwhile. It ends early when the next pair would exceed the budget.
func (c *comparison) measurePairs(ctx context.Context, from, to int) error {
	if from >= to {
		return nil
	}
	c.progress.say("linking layouts %d to %d of each arm", from+1, to)
	start := time.Now()
	linked, err := c.layouts.link(ctx, from, to)
	if err != nil {
		return err
	}
	c.linkTime = time.Since(start) / time.Duration(to-from)
	for i, built := range linked {
		if c.left() < c.pairTime() {
			return nil
		}
		err := c.rounds.run(ctx, built, c.open, func() { c.showProgress(from + i) })
		if err != nil {
			return err
		}
		if i < len(linked)-1 {
			err = built.remove()
		} else {
			c.last, err = built, errors.Join(err, c.last.remove())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) open(r int) bool {
	return c.judged == nil || c.judged[r].Verdict == decide.Open
}

func (c *comparison) openRows() (n int) {
	for r := range c.rounds.rows {
		if c.open(r) {
			n++
		}
	}
	return n
}

// pairs is the number of pairs measured so far: the control is in every one.
func (c *comparison) pairs() int { return len(c.rounds.control.samples[head]) }

func (c *comparison) logRatios() [][]float64 {
	d := make([][]float64, len(c.rounds.rows))
	for r, row := range c.rounds.rows {
		d[r] = logRatios(row.samples[base], row.samples[head])
	}
	return d
}

func (c *comparison) left() time.Duration { return time.Until(c.deadline) }

// fitting is how many pairs the budget still allows.
func (c *comparison) fitting() int {
	return max(0, int(c.left()/(c.linkTime+c.pairTime())))
}

// pairTime estimates how long a pair takes: from the samples taken or, before the
// first, from what a sample should take.
func (c *comparison) pairTime() time.Duration {
	var wall time.Duration
	for r, row := range c.rounds.rows {
		if !c.open(r) {
			continue
		}
		for arm := range arms {
			if n := len(row.samples[arm]); n > 0 {
				wall += row.samples[arm][n-1].wall
			} else {
				wall += 2 * sampleTime
			}
		}
	}
	return wall + arms*2*controlTime
}
