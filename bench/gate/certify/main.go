//go:build unix

// Certify shows that the gate keeps what it promises. It runs the gate many times: on
// trees that did not change, on slowdowns made on purpose, and while another process
// keeps a processor busy. It keeps every run, and prints tables of the exit codes and of
// what other rules find in the same samples.
//
//	go run ./bench/gate/certify            # hours; goes on where it was stopped
//	go run ./bench/gate/certify -scale 0   # the table of the runs kept so far
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"temper/bench/gate/scratch"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := certify(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "certify:", err)
		os.Exit(1)
	}
}

func certify(ctx context.Context) error {
	dir := flag.String("dir", "bench/record/gate", "`folder` of the runs")
	scale := flag.Float64("scale", 1, "`share` of the full number of runs, at least one each; 0 for none")
	only := flag.String("only", "", "comma-separated `scenarios` (default all)")
	resamples := flag.Int("resamples", 10_000, "simulated `runs` with the noise measured")
	seed := flag.Uint64("seed", 1, "of the simulation")
	flag.Parse()
	chosen, err := choose(*only)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*dir, 0o755); err != nil {
		return err
	}
	if *scale > 0 {
		if err := runAll(ctx, *dir, chosen, *scale); err != nil {
			return err
		}
	}
	records, err := load(*dir)
	if err != nil {
		return err
	}
	if err := oneOrigin(records); err != nil {
		return err
	}
	return summarize(os.Stdout, records, *resamples, *seed)
}

// runAll makes the runs that are missing: the first run of each scenario, then the
// second of each, and so on. If the machine changes in the course of hours, it changes
// for all scenarios alike.
func runAll(ctx context.Context, dir string, chosen []scenario, scale float64) error {
	scratch.RemoveLeftovers()
	folder, err := scratch.New()
	if err != nil {
		return err
	}
	defer folder.Remove()
	gate := filepath.Join(folder.Dir, "gate")
	if _, err := line(ctx, ".", "go", "build", "-buildvcs=false", "-o", gate, "temper/bench/gate"); err != nil {
		return err
	}
	commit, err := gateCommit(ctx)
	if err != nil {
		return err
	}
	kept, err := load(dir)
	if err != nil {
		return err
	}
	wanted := func(s scenario) int { return int(math.Ceil(float64(s.runs) * scale)) }
	turns, missing := 0, 0
	for _, s := range chosen {
		turns = max(turns, wanted(s))
		for number := range wanted(s) {
			if !exists(dir, s.name, number) {
				missing++
			}
		}
	}
	start, done := time.Now(), 0
	for number := range turns {
		for _, s := range chosen {
			if number >= wanted(s) || exists(dir, s.name, number) {
				continue
			}
			r, err := s.run(ctx, gate, commit, filepath.Join(folder.Dir, "module"))
			if err != nil {
				return fmt.Errorf("%s %d: %w", s.name, number, err)
			}
			kept[s.name] = append(kept[s.name], r)
			if err := oneOrigin(kept); err != nil {
				return err
			}
			if err := r.save(dir, s.name, number); err != nil {
				return err
			}
			done++
			spent := time.Since(start)
			fmt.Fprintf(os.Stderr, "certify: %s %d: exit %d after %.0f s; %d of %d runs, about %v left\n", s.name, number, r.Exit,
				r.Report.Elapsed, done, missing, (spent * time.Duration(missing-done) / time.Duration(done)).Round(time.Minute))
		}
	}
	return nil
}

func choose(only string) ([]scenario, error) {
	if only == "" {
		return scenarios, nil
	}
	var chosen []scenario
	for name := range strings.SplitSeq(only, ",") {
		found := false
		for _, s := range scenarios {
			if s.name == name {
				chosen, found = append(chosen, s), true
			}
		}
		if !found {
			return nil, fmt.Errorf("no scenario %q", name)
		}
	}
	return chosen, nil
}
