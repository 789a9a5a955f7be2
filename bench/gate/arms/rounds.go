//go:build unix

package arms

import (
	"context"
	"slices"
	"time"
)

// repeatShare limits the repeated rounds: one for every four rounds.
const repeatShare = 4

// round times one row with the binaries of one pair: it takes one sample of each arm.
// A round that was disturbed is measured once more, if the limit on repeated rounds
// allows. All three arms are measured again, never one alone, so that the arms are
// treated alike.
func (t *Timer) round(ctx context.Context, r *Row, built [Count]binary) error {
	t.Rounds++
	samples, err := t.measure(ctx, r, built)
	if err != nil {
		return err
	}
	if r.disturbed(samples) && t.Repeated < 1+t.Rounds/repeatShare {
		t.Repeated++
		t.discarded = append(t.discarded, samples[:]...)
		if samples, err = t.measure(ctx, r, built); err != nil {
			return err
		}
	}
	for arm, s := range samples {
		r.Samples[arm] = append(r.Samples[arm], s)
	}
	return nil
}

// measure takes a sample of each arm, piece by piece. The first pieces of the three
// arms run one after the other in random order on one processor, then the second
// pieces on the next processor, and so on: whatever changes more slowly than that
// cancels out in the ratios.
func (t *Timer) measure(ctx context.Context, r *Row, built [Count]binary) (samples [Count]Sample, err error) {
	places := r.places(t.rng)
	for piece := range r.pieces {
		for _, i := range t.rng.Perm(int(Count)) {
			arm := Arm(i)
			s, err := r.runPiece(ctx, built, arm, places[piece%len(places)])
			if err != nil {
				return samples, err
			}
			samples[arm] = samples[arm].with(s)
		}
	}
	return samples, nil
}

// A round counts as disturbed if the host gave more than a tenth of a processor's
// time to its other guests, or if there were far more involuntary context switches
// than usual for this row. Neither depends on the times measured, nor on one arm
// alone.
const (
	stealLimit  = 0.1
	switchRatio = 3
	switchFloor = 30
)

func (r *Row) disturbed(samples [Count]Sample) bool {
	var steal, wall time.Duration
	for _, s := range samples {
		steal += s.steal
		wall += s.wall
	}
	return steal.Seconds() > stealLimit*wall.Seconds() ||
		switches(samples) > switchFloor+switchRatio*r.usualSwitches()
}

// usualSwitches returns the median over the rounds so far.
func (r *Row) usualSwitches() int64 {
	var all []int64
	for i := range r.Samples[Base] {
		all = append(all, switches([Count]Sample{r.Samples[Base][i], r.Samples[Same][i], r.Samples[Head][i]}))
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)/2]
}

func switches(samples [Count]Sample) (sum int64) {
	for _, s := range samples {
		sum += s.switches
	}
	return sum
}
