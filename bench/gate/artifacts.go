//go:build unix

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/child"
	"temper/bench/gate/decide"
)

// write fills the output folder: report.md, report.json, one benchfmt file per
// arm, and profiles of what failed.
func (c *comparison) write(ctx context.Context, report *Report) error {
	if err := c.writeResults(); err != nil {
		return err
	}
	c.profile(ctx, report)
	text, err := json.MarshalIndent(report, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.out, "report.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	markdown, err := os.Create(filepath.Join(c.out, "report.md"))
	if err != nil {
		return err
	}
	return errors.Join(report.writeMarkdown(markdown), markdown.Close())
}

// writeResults keeps the samples for benchstat and its like: the i-th result of
// a row is that of the i-th pair in every arm. Rounds that were measured again
// are in discarded.txt.
func (c *comparison) writeResults() error {
	timed := append([]*row{&c.rounds.control.row}, c.rounds.rows...)
	for arm, name := range armNames {
		var samples []sample
		for _, r := range timed {
			samples = append(samples, r.samples[arm]...)
		}
		if err := writeSamples(filepath.Join(c.out, name+".txt"), samples); err != nil {
			return err
		}
	}
	return writeSamples(filepath.Join(c.out, "discarded.txt"), c.rounds.discarded)
}

func writeSamples(path string, samples []sample) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	writer := benchfmt.NewWriter(file)
	for _, s := range samples {
		result := s.result.Clone()
		result.Values = append(result.Values,
			benchfmt.Value{Value: float64(s.switches), Unit: "nivcsw"},
			benchfmt.Value{Value: s.steal.Seconds(), Unit: "steal-sec"})
		if err := writer.Write(result); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return file.Close()
}

// profiled is how many samples' iterations a profile covers.
const profiled = 20

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9_.=-]+`)

// profile takes CPU profiles of base and head of every row that fails. What goes
// wrong in it doesn't change the verdict, and is noted.
func (c *comparison) profile(ctx context.Context, report *Report) {
	for r, row := range c.rounds.rows {
		if report.Rows[r].Verdict != string(decide.Fail) {
			continue
		}
		c.progress.say("profiling %s", row.title())
		for _, arm := range []int{base, head} {
			path, err := c.profileArm(ctx, row, arm)
			if err != nil {
				report.Notes = append(report.Notes, fmt.Sprintf("no profile of %s: %s", row.title(), child.LastWords(err)))
				break
			}
			report.Rows[r].Profiles = append(report.Rows[r].Profiles, path)
		}
	}
	c.progress.clear()
}

func (c *comparison) profileArm(ctx context.Context, r *row, arm int) (string, error) {
	name := unsafeInFile.ReplaceAllString(r.title(), "_") + "." + armNames[arm] + ".pprof"
	path, err := filepath.Abs(filepath.Join(c.out, name))
	if err != nil {
		return "", err
	}
	_, err = child.Output(benchmark(ctx, c.first[r.pkg][arm], everywhere, "-test.bench="+pattern(r.bench[arm]),
		"-test.benchtime="+strconv.Itoa(profiled*r.pieces*r.iterations)+"x", "-test.cpuprofile="+path))
	return path, err
}
