//go:build unix

package compare

import (
	"context"
	"time"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
)

// measure times pairs and judges the rows at every look, until every row is decided,
// the plan ends or the budget is spent. If something goes wrong after the first pair, such
// as a disk that is full, it judges what was measured until then.
func (c *comparison) measure(ctx context.Context) error {
	c.plan = decide.NewPlan(len(c.timer.Rows), c.Margin)
	for k, look := range c.plan.Looks {
		c.ended = c.measureUntil(ctx, look.Pairs)
		if c.ended != nil && (ctx.Err() != nil || c.timer.Pairs() == 0) {
			return c.ended
		}
		short := c.ended != nil || c.timer.Pairs() < look.Pairs
		c.looked = c.looked || !short
		c.judged = c.plan.Judge(k, c.judged, c.logRatios(), short)
		if short || c.openRows() == 0 {
			return nil
		}
	}
	return nil
}

// linkedAtOnce is how many pairs are linked before they are timed. A larger number
// takes more disk, and can exceed the budget by more.
const linkedAtOnce = 4

// measureUntil times pairs until there are so many, or until the budget has no room
// for another one.
func (c *comparison) measureUntil(ctx context.Context, pairs int) error {
	for c.timer.Pairs() < pairs {
		done, fitting := c.timer.Pairs(), c.fitting()
		if done == 0 && fitting < pairs {
			c.progress.Note("a budget of %v allows about %d pairs, and %d rows need %d to show anything: raise -budget or name fewer rows",
				c.Budget, fitting, len(c.timer.Rows), pairs)
		}
		if err := c.measurePairs(ctx, done, min(pairs-done, linkedAtOnce, fitting)); err != nil {
			return err
		}
		if c.timer.Pairs() == done {
			return nil
		}
	}
	return nil
}

// measurePairs links n pairs and then times them, with nothing else going on
// meanwhile. It ends early when the next pair would exceed the budget.
func (c *comparison) measurePairs(ctx context.Context, done, n int) error {
	if n <= 0 {
		return nil
	}
	c.progress.Say("linking layouts %d to %d of each arm", done+1, done+n)
	linked, err := c.timer.Link(ctx, n)
	if err != nil {
		return err
	}
	for i, pair := range linked {
		if c.left() < c.timer.PairTime(c.open) {
			return nil
		}
		if err := c.timer.Time(ctx, pair, c.open, func() { c.showProgress(done + i) }); err != nil {
			return err
		}
	}
	return nil
}

// open returns whether a row is not decided yet.
func (c *comparison) open(r int) bool {
	return c.judged == nil || c.judged[r].Verdict == decide.Open
}

func (c *comparison) openRows() (n int) {
	for r := range c.timer.Rows {
		if c.open(r) {
			n++
		}
	}
	return n
}

func (c *comparison) logRatios() [][]float64 {
	d := make([][]float64, len(c.timer.Rows))
	for r, row := range c.timer.Rows {
		d[r] = row.LogRatios(arms.Base, arms.Head)
	}
	return d
}

func (c *comparison) left() time.Duration { return time.Until(c.deadline) }

// perPair estimates how long a pair takes, from linking to the last sample.
func (c *comparison) perPair() time.Duration {
	return c.timer.LinkTime + c.timer.PairTime(c.open)
}

// fitting returns how many pairs the budget still allows.
func (c *comparison) fitting() int { return max(0, int(c.left()/c.perPair())) }

// showProgress says which pair is being timed and how long the run can still take.
// Pairs are counted from 0 here.
func (c *comparison) showProgress(pair int) {
	next := c.plan.Last()
	for _, look := range c.plan.Looks {
		if look.Pairs > pair {
			next = look.Pairs
			break
		}
	}
	most := time.Duration(c.plan.Last()-pair) * c.perPair()
	c.progress.Update("pair %d, next look after %d, at most %d; %d rows open; %v gone, at most %v left",
		pair+1, next, c.plan.Last(), c.openRows(), time.Since(c.started).Round(time.Second),
		min(most, c.left()).Round(time.Second))
}
