//go:build unix

package arms

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// A Timer times the arms pair by pair. A pair is one set of binaries, linked with
// layouts of their own; with each pair every row is timed in one round.
type Timer struct {
	Rows     []*Row // in base and in head
	Unpaired []*Row // in one of the two only, so that they are not timed
	Untimed  []*Row // in both, and not timed for another reason
	Control  *Row   // the row that the gate tests itself with
	Rounds   int    // rounds of a row, the repeated ones not counted
	Repeated int    // rounds that something disturbed, so that they were measured again
	LinkTime time.Duration

	rng       *rand.Rand
	linker    linker
	first     Pair // linked for calibration and profiles, not timed
	control   [Count]binary
	discarded []Sample // of the rounds that were measured again
}

// A Selection says which benchmarks to time.
type Selection struct {
	Packages         []string // as for go list
	Bench            string   // regular expression, as for go test -bench
	BaseKey, HeadKey string   // key=value in the names of an arm's benchmarks, "" for all
}

// Prepare links every arm once, which shows that all of them build, finds the rows and
// chooses how long and where each runs. It says what it does. A seed fixes the layouts
// and the order of measuring.
func (t Trees) Prepare(ctx context.Context, what Selection, seed uint64, say func(format string, args ...any)) (*Timer, error) {
	packages, err := listPackages(ctx, t.modules, what.Packages)
	if err != nil {
		return nil, err
	}
	bin, controls := filepath.Join(t.work, "bin"), filepath.Join(t.work, "control")
	if err := errors.Join(os.Mkdir(bin, 0o755), os.Mkdir(controls, 0o755)); err != nil {
		return nil, err
	}
	timer := &Timer{linker: linker{dir: bin, packages: packages, seed: seed}}
	say("building %d packages with benchmarks, in both arms", len(packages))
	first, err := timer.linker.link(ctx, 0, 1)
	if err != nil {
		return nil, err
	}
	timer.first = first[0]
	if timer.Control, timer.control, err = newControl(ctx, controls); err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	timer.rng = rand.New(rand.NewPCG(seed, 1))
	say("calibrating")
	keys := armKeys{Base: what.BaseKey, Same: what.BaseKey, Head: what.HeadKey}
	found, err := calibrate(ctx, packages, timer.first, what.Bench, keys, sampleTime)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if r.Reason != "" || r.Missing(Base) || r.Missing(Head) {
			continue
		}
		if err := r.tune(ctx, timer.first[r.pkg]); err != nil {
			if r.Reason = cannotBeTimed(err); r.Reason == "" {
				return nil, err
			}
		}
	}
	timer.divide(found)
	return timer, nil
}

// divide tells the rows to time from the others, and drops the packages in which
// nothing is timed, so that they are not linked any more.
func (t *Timer) divide(found []*Row) {
	timed := map[int]bool{}
	for _, r := range found {
		switch {
		case r.Reason != "":
			t.Untimed = append(t.Untimed, r)
		case r.Missing(Base) || r.Missing(Head):
			t.Unpaired = append(t.Unpaired, r)
		default:
			t.Rows = append(t.Rows, r)
			timed[r.pkg] = true
		}
	}
	for p, pkg := range t.linker.packages {
		if !timed[p] {
			pkg.dir = [Count]string{}
		}
	}
}

// Pairs returns the number of pairs timed so far.
func (t *Timer) Pairs() int { return len(t.Control.Samples[Head]) } // the control is in every pair

// Link links the next n pairs.
func (t *Timer) Link(ctx context.Context, n int) ([]Pair, error) {
	start, next := time.Now(), t.Pairs()+1
	pairs, err := t.linker.link(ctx, next, next+n)
	t.LinkTime = time.Since(start) / time.Duration(n)
	return pairs, err
}

// Time times the control and every open row with the binaries of one pair, in random
// order, and calls done after each. Then it deletes the binaries. open returns
// whether a row still has to be timed.
func (t *Timer) Time(ctx context.Context, pair Pair, open func(row int) bool, done func()) error {
	for _, r := range t.rng.Perm(len(t.Rows) + 1) {
		var err error
		switch {
		case r == len(t.Rows):
			err = t.round(ctx, t.Control, t.control)
		case open(r):
			err = t.round(ctx, t.Rows[r], pair[t.Rows[r].pkg])
		default:
			continue
		}
		if err != nil {
			return err
		}
		done()
	}
	return pair.remove()
}

// PairTime estimates how long it takes to time a pair, from the last samples or,
// before the first, from how long a sample should take.
func (t *Timer) PairTime(open func(row int) bool) time.Duration {
	var wall time.Duration
	for r, row := range t.Rows {
		if !open(r) {
			continue
		}
		for arm := range Count {
			if n := len(row.Samples[arm]); n > 0 {
				wall += row.Samples[arm][n-1].wall
			} else {
				wall += 2 * sampleTime
			}
		}
	}
	return wall + time.Duration(Count)*2*controlTime
}
