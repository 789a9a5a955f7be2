//go:build unix

// Gate says whether the work tree's benchmarks are slower than a commit's, by its
// exit code, on machines that are noisy. See README.md for how.
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

	"temper/props/verdict"
)

func main() {
	ctx, stop := interruptible()
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) int {
	c, err := parseConfig(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitPass
	}
	if err != nil {
		fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
		return exitUsage
	}
	progress := newProgress(stderr)
	if c.selfcheck {
		return selfcheck(ctx, stdout, progress)
	}
	report, err := compare(ctx, c, progress)
	progress.clear()
	if report == nil {
		return explain(ctx, err, stderr)
	}
	return report.announce(stdout, stderr, err)
}

// announce prints the table, and what went wrong with the files of a run that had
// come to its verdict. That turns green into 2, and hides nothing worse.
func (r *Report) announce(stdout, stderr io.Writer, files error) int {
	err := errors.Join(r.writeTable(stdout), files)
	if err == nil {
		return r.Exit
	}
	fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
	if r.Exit == exitPass {
		return exitUsage
	}
	return r.Exit
}

// explain says why a run ended without a report, and gives its exit code. A head
// that is wrong is a regression; a base that is wrong is nothing to compare with.
func explain(ctx context.Context, err error, stderr io.Writer) int {
	var interrupted interruption
	if errors.As(context.Cause(ctx), &interrupted) {
		fmt.Fprintln(stderr, "gate:", interrupted)
		return 128 + int(interrupted.signal)
	}
	fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
	var wrong *armError
	if errors.As(err, &wrong) && wrong.arm == head {
		return exitRegression
	}
	return exitUsage
}

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return "interrupted: " + i.signal.String() }

// interruptible gives a context that INT, TERM and HUP end: children die, folders
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
