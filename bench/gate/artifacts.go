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

	"temper/bench/gate/decide"
)

// write fills the output folder: report.md, report.json, one benchfmt file per
// arm, and profiles of what failed. The folder tells git to ignore it.
func (c *comparison) write(ctx context.Context, report *Report) error {
	if err := os.MkdirAll(c.out, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(c.out, ".gitignore"), []byte("*\n"), 0o644); err != nil {
		return err
	}
	if err := c.writeResults(); err != nil {
		return err
	}
	if err := c.profile(ctx, report); err != nil {
		return err
	}
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

// profile takes CPU profiles of base and head of every row that fails.
func (c *comparison) profile(ctx context.Context, report *Report) error {
	for r, row := range c.rounds.rows {
		if report.Rows[r].Verdict != string(decide.Fail) {
			continue
		}
		c.progress.say("profiling %s", row.title())
		for _, arm := range []int{base, head} {
			path, err := filepath.Abs(filepath.Join(c.out, fmt.Sprintf("%s.%s.pprof", unsafeInFile.ReplaceAllString(row.title(), "_"), armNames[arm])))
			if err != nil {
				return err
			}
			binary := c.last[row.pkg][arm]
			_, err = output(command(ctx, binary.dir, binary.path, "-test.run=^$", hang, "-test.bench="+pattern(row.bench[arm]),
				"-test.benchtime="+strconv.Itoa(profiled*row.iterations)+"x", "-test.cpuprofile="+path))
			if err != nil {
				return fmt.Errorf("profile of %s: %w", row.title(), err)
			}
			report.Rows[r].Profiles = append(report.Rows[r].Profiles, path)
		}
	}
	c.progress.clear()
	return nil
}
