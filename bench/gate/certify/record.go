//go:build unix

package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/report"
)

// A record is one run of the gate: what it said, and every sample behind it.
type record struct {
	Scenario string            `json:"scenario"`
	Origin   origin            `json:"origin"`
	Exit     int               `json:"exit"`
	Report   kept              `json:"report"`
	Samples  map[string]string `json:"samples"` // benchmark output by arm: base, same, head
}

// kept is the part of the gate's report that a record keeps. Commands and paths, which
// mean nothing on another machine, are not in it.
type kept struct {
	Exit    int        `json:"exit"`
	Reason  string     `json:"reason"`
	Go      string     `json:"go"`
	Seed    uint64     `json:"seed"`
	Elapsed float64    `json:"elapsed"`
	Rows    []keptRow  `json:"rows"`
	Health  keptHealth `json:"health"`
}

type keptRow struct {
	Name      string         `json:"name"`
	Verdict   decide.Verdict `json:"verdict"`
	LogRatios []float64      `json:"logRatios"`
}

type keptHealth struct {
	Spread   float64 `json:"spread"`
	Repeated int     `json:"repeated"`
	Rounds   int     `json:"rounds"`
}

func keep(r *report.Report) kept {
	k := kept{
		Exit: r.Exit, Reason: r.Reason, Go: r.Go, Seed: r.Seed, Elapsed: r.Elapsed,
		Health: keptHealth{Spread: r.Health.Spread, Repeated: r.Health.Repeated, Rounds: r.Health.Rounds},
	}
	for _, row := range r.Rows {
		k.Rows = append(k.Rows, keptRow{Name: row.Name, Verdict: row.Verdict, LogRatios: row.LogRatios})
	}
	return k
}

// readRecord reads the output folder of a run of the gate, which was built from a commit.
func readRecord(out, commit string) (*record, error) {
	found, err := report.Read(out)
	if err != nil {
		return nil, err
	}
	r := &record{Exit: found.Exit, Report: keep(found), Samples: map[string]string{}}
	for arm := range arms.Count {
		samples, err := os.ReadFile(filepath.Join(out, arm.SamplesFile()))
		if err != nil {
			return nil, err
		}
		r.Samples[arm.String()] = string(samples)
	}
	r.Origin = origin{Gate: commit, Go: found.Go, CPU: cpu(r.Samples[arms.Base.String()])}
	return r, nil
}

// cpu returns the processor that benchmarks name in their output.
func cpu(samples string) string {
	_, after, _ := strings.Cut("\n"+samples, "\ncpu: ")
	name, _, _ := strings.Cut(after, "\n")
	return name
}

const suffix = ".json.gz"

func file(dir, scenario string, number int) string {
	return filepath.Join(dir, fmt.Sprintf("%s-%03d%s", scenario, number, suffix))
}

func exists(dir, scenario string, number int) bool {
	_, err := os.Stat(file(dir, scenario, number))
	return err == nil
}

// save writes the record to a file with another name first and then renames it, so that
// an interrupted one leaves no file that load would read.
func (r *record) save(dir, scenario string, number int) error {
	r.Scenario = scenario
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if err := errors.Join(json.NewEncoder(z).Encode(r), z.Close()); err != nil {
		return err
	}
	path := file(dir, scenario, number)
	if err := os.WriteFile(path+".part", packed.Bytes(), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// load reads all records of a folder, by scenario.
func load(dir string) (map[string][]*record, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*"+suffix))
	if err != nil {
		return nil, err
	}
	slices.Sort(paths)
	records := map[string][]*record{}
	for _, path := range paths {
		r, err := unpack(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		records[r.Scenario] = append(records[r.Scenario], r)
	}
	return records, nil
}

func unpack(path string) (*record, error) {
	packed, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	r := new(record)
	return r, json.Unmarshal(text, r)
}

// times returns the seconds per operation of every row in one arm, pair by pair.
func (r *record) times(arm arms.Arm) (map[string][]float64, error) {
	times := map[string][]float64{}
	reader := benchfmt.NewReader(strings.NewReader(r.Samples[arm.String()]), arm.String())
	for reader.Scan() {
		result, ok := reader.Result().(*benchfmt.Result)
		if !ok || result.GetConfig("pkg") == arms.ControlPackage {
			continue
		}
		seconds, ok := result.Value("sec/op")
		if !ok {
			return nil, fmt.Errorf("%s: %s has no time", arm, result.Name)
		}
		times[string(result.Name)] = append(times[string(result.Name)], seconds)
	}
	return times, reader.Err()
}
