// Campaign tries every law on many subjects, each with many seeds, and adds up what comes of it.
// It is a pipeline of Apache Beam: one process by default, or as many machines as a runner has.
//
//	go run . -count 1000                   1000 runs over the correct implementations
//	go run . -subjects bugs -count 816     every planted bug once
//	go run . -subjects defects -count 200  the draws that named defects take
//
// README.md says how to run it elsewhere.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

func main() {
	var c campaign
	flag.StringVar(&c.Population, "subjects", "controls", "what to try: controls (correct implementations), bugs (planted ones) or defects (of which the draws are counted that a kill takes)")
	flag.IntVar(&c.Count, "count", 1000, "number of runs; a run is one subject with one seed")
	flag.StringVar(&c.Law, "law", "", "only laws whose IDs begin like this")
	flag.StringVar(&c.Subject, "subject", "", "only subjects with this in SUITE/NAME")
	flag.IntVar(&c.Inputs, "inputs", 100, "random inputs of each law")
	flag.StringVar(&c.Journal, "journal", "", "file with a line for each result, where a campaign that was stopped goes on; SUBJECTS.journal if empty, \"none\" for none")
	table := flag.String("table", "", "file for the results, a row for each subject and law; SUBJECTS.tsv if empty")
	part := flag.String("part", "1/1", "K/N: try only part K of N of what is missing; write no table unless it is 1/1")
	flag.Parse()
	beam.Init() // a worker does not return from here
	if *jobopts.Endpoint == "" {
		slog.SetDefault(slog.New(slog.DiscardHandler)) // Beam tells a lot, and its errors come back from run too
	}
	if err := start(c, *table, *part); err != nil {
		fmt.Fprintln(os.Stderr, "campaign:", err)
		os.Exit(1)
	}
}

// start checks what is asked for before it runs.
func start(c campaign, table, part string) error {
	if populations[c.Population] == nil {
		return fmt.Errorf("-subjects %q is none of controls, bugs and defects", c.Population)
	}
	if _, err := fmt.Sscanf(part, "%d/%d", &c.Part, &c.Parts); err != nil || c.Part < 1 || c.Part > c.Parts {
		return fmt.Errorf("-part %q is not K/N", part)
	}
	if c.Count < 1 || c.Inputs < 1 {
		return errors.New("-count and -inputs are at least 1")
	}
	c.Journal, table = cmp.Or(c.Journal, c.Population+".journal"), cmp.Or(table, c.Population+".tsv")
	if c.Journal == "none" {
		c.Journal = ""
	}
	if c.Parts > 1 {
		table = ""
	}
	missing, known, err := c.state()
	if err != nil {
		return err
	}
	fmt.Printf("campaign: %d runs, %d results known, %d laws to try\n", c.Count, len(known), len(missing))
	if err := run(c, table, len(missing)); err != nil || table == "" {
		return err
	}
	return tell(context.Background(), os.Stdout, c.Population, table)
}

// run runs the pipeline, and tells how far it is, until it ends or is interrupted.
func run(c campaign, table string, missing int) error {
	p, s := beam.NewPipelineWithRoot()
	build(s, c, table)
	interrupted, ended := make(chan os.Signal, 1), make(chan error, 1)
	signal.Notify(interrupted, os.Interrupt)
	progress, tick := newProgress(c, missing), time.NewTicker(10*time.Second)
	defer tick.Stop()
	go func() { ended <- beamx.Run(context.Background(), p) }()
	for {
		select {
		case <-tick.C:
			fmt.Println("campaign:", progress)
		case <-interrupted:
			return fmt.Errorf("interrupted: %v; the same command goes on there", progress)
		case err := <-ended:
			if err != nil {
				return fmt.Errorf("%s\nstopped: %v; the same command goes on there", cause(err), progress)
			}
			return nil
		}
	}
}

// cause is what a transform returned, without the plans that Beam puts before it.
func cause(err error) string {
	const before = "failed:\n"
	text := err.Error()
	if at := strings.LastIndex(text, before); at >= 0 {
		return text[at+len(before):]
	}
	return text
}
