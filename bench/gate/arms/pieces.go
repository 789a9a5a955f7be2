//go:build unix

package arms

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"

	"temper/bench/gate/child"
)

// maxPieces is the largest number of pieces of a sample. Other guests of the host can
// make a processor slower by a half and more for tenths of a second, and no counter
// of this system shows it. Of six pieces, spread over time and over all processors,
// one mostly runs undisturbed.
const maxPieces = 6

// roamingGain is how many times as fast on all processors a benchmark has to be in
// order to run on all. A smaller gain comes from the garbage collector or from noise.
const roamingGain = 1.4

// tries is how often tune runs a benchmark in each place.
const tries = 3

// tune chooses where a row runs, and how many pieces a sample has: as many as leave
// half of the time to measuring. The row stays on one processor unless base or head
// is much faster on all.
func (r *Row) tune(ctx context.Context, built [Count]binary) error {
	whole := r.iterations
	r.iterations = max(1, whole/maxPieces)
	cpus := processors()
	overhead := sampleTime
	for _, arm := range []Arm{Base, Head} {
		var onOne, onAll Sample
		for i := range tries {
			s, err := r.runPiece(ctx, built, arm, everywhere)
			if err != nil {
				return err
			}
			onAll = onAll.with(s)
			overhead = min(overhead, s.overhead(r.iterations))
			if len(cpus) == 0 {
				continue
			}
			if s, err = r.runPiece(ctx, built, arm, place(cpus[i%len(cpus)])); err != nil {
				return err
			}
			onOne = onOne.with(s)
		}
		r.roams = r.roams || len(cpus) == 0 || onOne.Seconds > roamingGain*onAll.Seconds
	}
	r.pieces = max(1, min(maxPieces, whole, int(sampleTime/max(overhead, 1))))
	r.iterations = max(1, whole/r.pieces)
	return nil
}

// places returns where the pieces of one round run, to be used in turn: each
// processor once, in random order.
func (r *Row) places(rng *rand.Rand) []place {
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

// runPiece runs one piece of the row in an arm. It returns an *Error if the benchmark
// fails.
func (r *Row) runPiece(ctx context.Context, built [Count]binary, arm Arm, on place) (Sample, error) {
	s, err := runPiece(ctx, built[arm], on, r.bench[arm], r.iterations)
	if ctx.Err() != nil {
		return s, ctx.Err()
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		err = &Error{arm, "fails its own benchmark " + r.Title() + ", so it is not timed:\n" + child.Words(err)}
	case err != nil:
		err = fmt.Errorf("%s in %s: %w", r.Title(), arm, err)
	}
	return s, err
}

// cannotBeTimed returns why a row is left out after an error of tune: because it has no
// time, or because base fails it and there is nothing to compare with. It returns "" for
// an error that ends the run.
func cannotBeTimed(err error) string {
	var reason untimeable
	var wrong *Error
	switch {
	case errors.As(err, &reason):
		return reason.Error()
	case errors.As(err, &wrong) && wrong.Arm != Head:
		return wrong.Error()
	}
	return ""
}
