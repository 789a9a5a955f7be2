//go:build unix

package main

import (
	"context"
	"math/rand/v2"
	"time"

	"temper/bench/gate/child"
)

// A sample is cut into pieces, and the fastest counts. Other guests of the host
// slow a processor's throughput by a half and more, for tenths of seconds, and no
// counter of this system shows it. Of six moments, on all processors in turn, one
// is mostly quiet.
const maxPieces = 6

// roamingGain is how much faster on all processors a benchmark has to be to get
// them: less is the collector's doing, or noise.
const roamingGain = 1.4

// tries is how often suit runs a benchmark in each place.
const tries = 3

// suit finds where a row should run, and in how many pieces a sample can be taken:
// as many as leave half of the time to measuring. It stays on one processor if
// neither arm is much faster on all.
func (r *row) suit(ctx context.Context, built [arms]binary) error {
	whole := r.iterations
	r.iterations = max(1, whole/maxPieces)
	cpus := processors()
	overhead := sampleTime
	for _, arm := range []int{base, head} {
		var alone, free sample
		for i := range tries {
			s, err := r.take(ctx, built, arm, everywhere)
			if err != nil {
				return err
			}
			free = free.with(s)
			overhead = min(overhead, s.overhead(r.iterations))
			if len(cpus) == 0 {
				continue
			}
			if s, err = r.take(ctx, built, arm, place(cpus[i%len(cpus)])); err != nil {
				return err
			}
			alone = alone.with(s)
		}
		r.roams = r.roams || len(cpus) == 0 || alone.seconds > roamingGain*free.seconds
	}
	r.pieces = max(1, min(maxPieces, whole, int(sampleTime/max(overhead, 1))))
	r.iterations = max(1, whole/r.pieces)
	return nil
}

// overhead is what starting the process cost, and the benchmark's own preparation.
func (s sample) overhead(iterations int) time.Duration {
	return s.wall - time.Duration(float64(iterations)*s.seconds*1e9)
}

// places are where a round's pieces run, in turn: on all processors one by one, in
// random order.
func (r *row) places(rng *rand.Rand) []place {
	if r.roams {
		return []place{everywhere}
	}
	var places []place
	for _, cpu := range processors() {
		places = append(places, place(cpu))
	}
	rng.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	return places
}

// take runs the row once in an arm.
func (r *row) take(ctx context.Context, built [arms]binary, arm int, on place) (sample, error) {
	s, err := take(ctx, built[arm], on, r.bench[arm], r.iterations)
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	if err != nil {
		err = &armError{arm, "fails its own benchmark " + r.title() + ", so it is not timed:\n" + child.LastWords(err)}
	}
	return s, err
}
