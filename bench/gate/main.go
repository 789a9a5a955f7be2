//go:build unix

// Gate compares the benchmarks of the work tree with those of a commit on a noisy
// machine, and says by its exit code whether any became slower. See README.md for how.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"temper/bench/gate/arms"
	"temper/bench/gate/compare"
	"temper/bench/gate/report"
	"temper/bench/gate/selfcheck"
	"temper/props/verdict"
)

func main() {
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) int {
	c, check, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return report.ExitPass
	}
	if err != nil {
		fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
		return report.ExitUsage
	}
	progress := report.NewProgress(stderr)
	if check {
		code, err := selfcheck.Run(ctx, stdout, progress)
		if err != nil {
			return explain(ctx, err, stderr)
		}
		return code
	}
	r, err := compare.Run(ctx, c, progress)
	progress.Clear()
	if r == nil {
		return explain(ctx, err, stderr)
	}
	return announce(r, stdout, stderr, err)
}

// announce prints the table and returns the exit code. If files of the report could not
// be written, it says so and a pass becomes ExitUsage; any other code stays.
func announce(r *report.Report, stdout, stderr io.Writer, files error) int {
	err := errors.Join(r.WriteTable(stdout), files)
	if err == nil {
		return r.Exit
	}
	fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
	if r.Exit == report.ExitPass {
		return report.ExitUsage
	}
	return r.Exit
}

// explain prints why a run ended without a report and returns the exit code: a head
// that is wrong is a regression, and with a base that is wrong there is nothing to
// compare with.
func explain(ctx context.Context, err error, stderr io.Writer) int {
	var interrupted interruption
	if errors.As(context.Cause(ctx), &interrupted) {
		fmt.Fprintln(stderr, "gate:", interrupted)
		return 128 + int(interrupted.signal)
	}
	fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
	var wrong *arms.Error
	if errors.As(err, &wrong) && wrong.Arm == arms.Head {
		return report.ExitRegression
	}
	return report.ExitUsage
}

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return "interrupted: " + i.signal.String() }

// interruptible returns a context that INT, TERM and HUP end: children die, folders
// are removed, and the exit code is 128 + the signal's number, as in a shell.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			cancel(interruption{s})
		}
	}()
	return ctx, func() { signal.Stop(signals) }
}
