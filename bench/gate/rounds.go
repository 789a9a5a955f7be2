//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"
)

// A round times every open row and the control once, in random order: within a
// row the three arms run next to each other, in random order too, each in fresh
// processes. Whatever changes slower than these cancels.
type rounds struct {
	rng       *rand.Rand
	rows      []*row
	control   *control
	discarded []sample // measured, and replaced because something disturbed them
	taken     int      // rounds of a row, first measurements only
	repeats   int
}

// repeatShare caps the repeats: one for so many rounds of a row.
const repeatShare = 4

// run times one pair. open tells which rows still matter.
func (t *rounds) run(ctx context.Context, built binaries, open func(r int) bool, done func()) error {
	order := t.rng.Perm(len(t.rows) + 1)
	for _, r := range order {
		var err error
		switch {
		case r == len(t.rows):
			err = t.time(ctx, &t.control.row, t.control.binaries())
		case open(r):
			err = t.time(ctx, t.rows[r], built[t.rows[r].pkg])
		default:
			continue
		}
		if err != nil {
			return err
		}
		done()
	}
	return nil
}

// time takes one sample of each arm of a row. A disturbed round is measured
// again as a whole, never an arm alone, and only if the cap allows.
func (t *rounds) time(ctx context.Context, r *row, built [arms]binary) error {
	t.taken++
	trio, err := t.trio(ctx, r, built)
	if err != nil {
		return err
	}
	if r.disturbed(trio) && t.repeats < 1+t.taken/repeatShare {
		t.repeats++
		t.discarded = append(t.discarded, trio[:]...)
		if trio, err = t.trio(ctx, r, built); err != nil {
			return err
		}
	}
	for arm, s := range trio {
		r.samples[arm] = append(r.samples[arm], s)
	}
	return nil
}

// trio takes a sample of each arm, piece by piece: the arms' pieces alternate, and
// each three run on the same processor.
func (t *rounds) trio(ctx context.Context, r *row, built [arms]binary) (trio [arms]sample, err error) {
	places := r.places(t.rng)
	for piece := range r.pieces {
		for _, arm := range t.rng.Perm(arms) {
			s, err := r.take(ctx, built, arm, places[piece%len(places)])
			if err != nil {
				return trio, err
			}
			trio[arm] = trio[arm].with(s)
		}
	}
	return trio, nil
}

// What disturbs a round: a tenth of a processor's time stolen by the host's other
// guests, or far more involuntary context switches than this row is used to. Neither
// looks at the times measured, nor at one arm by itself.
const (
	stealLimit  = 0.1
	switchRatio = 3
	switchFloor = 30
)

func (r *row) disturbed(trio [arms]sample) bool {
	var steal, wall time.Duration
	for _, s := range trio {
		steal += s.steal
		wall += s.wall
	}
	return steal.Seconds() > stealLimit*wall.Seconds() ||
		switches(trio) > switchFloor+switchRatio*r.usualSwitches()
}

// usualSwitches is the median over the rounds so far.
func (r *row) usualSwitches() int64 {
	var all []int64
	for i := range r.samples[base] {
		all = append(all, switches([arms]sample{r.samples[base][i], r.samples[same][i], r.samples[head][i]}))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func switches(trio [arms]sample) (sum int64) {
	for _, s := range trio {
		sum += s.switches
	}
	return sum
}

// title names a row for people.
func (r *row) title() string { return r.path + "." + r.name }
