//go:build unix

package main

import (
	"context"
	"time"

	"temper/bench/gate/decide"
)

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

// measurePairs links pairs from < i ≤ to, then times them, with nothing else going
// on meanwhile. It ends early when the next pair would exceed the budget.
func (c *comparison) measurePairs(ctx context.Context, from, to int) error {
	if from >= to {
		return nil
	}
	c.progress.say("linking layouts %d to %d of each arm", from+1, to)
	start := time.Now()
	linked, err := c.layouts.link(ctx, from+1, to+1)
	if err != nil {
		return err
	}
	c.linkTime = time.Since(start) / time.Duration(to-from)
	for i, built := range linked {
		if c.left() < c.pairTime() {
			return nil
		}
		err := c.rounds.run(ctx, built, c.undecided, func() { c.showProgress(from + i) })
		if err != nil {
			return err
		}
		if err := built.remove(); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) undecided(r int) bool {
	return c.judged == nil || c.judged[r].Verdict == decide.Open
}

func (c *comparison) openRows() (n int) {
	for r := range c.rounds.rows {
		if c.undecided(r) {
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
		if !c.undecided(r) {
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
