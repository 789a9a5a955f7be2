// Command check holds an HTTP server of a language model to the laws of package server
// and prints the report:
//
//	go run ./props/server/check [flags] URL
//
// The URL is that of the server, for example http://localhost:8080, or of one of its
// dialects, for example http://localhost:8080/v1/chat/completions. A key is taken from
// the environment variable TEMPER_KEY. It is never printed, and goes to this host only.
// Progress is written to standard error. An interrupted run prints the laws that it has
// finished. Check exits with
//
//	0  if every Must law that applies held
//	1  if one is broken
//	2  if the server failed, the run was interrupted or out of bounds, or nothing was tried
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
	"time"

	"temper/props/server"
	"temper/props/verdict"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command; it returns the exit status.
func run(args []string, out, progress io.Writer) int {
	flags := flag.NewFlagSet("check", flag.ContinueOnError)
	flags.SetOutput(progress)
	model := flags.String("model", "", "model to ask for; the first that the server lists, if empty")
	requests := flags.Int("requests", 500, "requests at most, tries again included")
	perSecond := flags.Float64("rate", 100, "requests in a second at most")
	limit := flags.Duration("time", 20*time.Minute, "time that the run may take")
	patience := flags.Duration("patience", time.Minute, "time that one answer may take")
	format := flags.String("format", "text", "text, markdown, json or badge")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: check [flags] URL")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return 2
	}
	write, err := verdict.Writer(*format)
	if err = errors.Join(err, positive("requests", float64(*requests)), positive("rate", *perSecond),
		positive("time", limit.Seconds()), positive("patience", patience.Seconds())); err != nil {
		return fail(progress, err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), *limit)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	end, _ := ctx.Deadline()
	report, err := server.Check(ctx, flags.Arg(0), server.Options{
		Model: *model, Key: os.Getenv(server.Key), Requests: *requests, Rate: *perSecond, Patience: *patience, Progress: printer(progress, end),
	})
	if err != nil {
		return fail(progress, err)
	}
	text, err := write(report)
	if err != nil {
		return fail(progress, err)
	}
	if _, err := fmt.Fprintln(out, text); err != nil {
		return fail(progress, err)
	}
	return report.ExitStatus()
}

// printer writes a line for every law, and for every 50 requests.
func printer(out io.Writer, end time.Time) func(server.Progress) {
	var last server.Progress
	return func(p server.Progress) {
		if p.Used > 1 && p.Law == last.Law && p.Used < last.Used+50 {
			return
		}
		last = p
		law := "asking what the server is, and for draws"
		if p.Law != "" {
			law = "trying " + p.Law
		}
		fmt.Fprintf(out, "check: %s; %d of %d laws left, at most %d requests and %v\n",
			law, p.Laws-p.LawsDone, p.Laws, p.Requests-p.Used, time.Until(end).Round(time.Second))
	}
}

func positive(name string, value float64) error {
	if value > 0 {
		return nil
	}
	return fmt.Errorf("-%s %v: want more than 0", name, value)
}

func fail(out io.Writer, err error) int {
	fmt.Fprintln(out, "check:", err)
	return 2
}
