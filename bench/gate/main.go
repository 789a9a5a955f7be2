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

func run(ctx context.Context, args []string, stdout io.Writer, stderr *os.File) (exit int) {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return report.ExitPass
	}
	if err != nil {
		say(stderr, err)
		return report.ExitUsage
	}
	progress := report.NewProgress(stderr)
	if o.selfcheck {
		exit, err := selfcheck.Run(ctx, stdout, progress)
		if err != nil {
			return explain(ctx, err, stderr)
		}
		return exit
	}
	r, err := compare.Run(ctx, o.Config, progress)
	progress.Clear()
	if r == nil {
		return explain(ctx, err, stderr)
	}
	return announce(r, err, stdout, stderr)
}

// announce prints the table, and the error of a run that could not write all of its
// files. It returns the exit code: an error about files turns 0 into 2, and leaves
// 1, 3 and 4 as they are.
func announce(r *report.Report, files error, stdout, stderr io.Writer) (exit int) {
	err := errors.Join(r.WriteTable(stdout), files)
	if err == nil {
		return r.Exit
	}
	say(stderr, err)
	if r.Exit == report.ExitPass {
		return report.ExitUsage
	}
	return r.Exit
}

// explain prints why a run ended without a report, and returns its exit code.
func explain(ctx context.Context, err error, stderr io.Writer) (exit int) {
	var interrupted interruption
	if errors.As(context.Cause(ctx), &interrupted) {
		say(stderr, interrupted)
		return 128 + int(interrupted.signal)
	}
	say(stderr, err)
	return compare.ExitCode(err)
}

// say prints an error. It may quote what other programs printed, so that control
// characters are made visible.
func say(stderr io.Writer, err error) {
	fmt.Fprintln(stderr, "gate:", verdict.Printable(err.Error()))
}

// interruption is the cause of a context that a signal ended.
type interruption struct{ signal syscall.Signal }

func (i interruption) Error() string { return "interrupted: " + i.signal.String() }

// interruptible returns a context that INT, TERM and HUP end. Then child processes are
// killed and temporary folders removed, and the exit code is 128 + the number of the
// signal, as in a shell: 130 for INT, which is signal 2.
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
