package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"

	gate "temper/bench/gate/report"
	"temper/bench/report/results"
	"temper/props/verdict"
)

// facts are what the files say.
type facts struct {
	runs     []series
	laws     []lawReport
	gate     *gate.Report
	gateFile string
	warnings []string // about what could not be read, and was left out
}

// series is one file of benchmarks. Times of two runs are never compared.
type series struct {
	file   string
	config []benchfmt.Config
	lines  []line
}

// line is what all lines of one name say: the median of each unit.
type line struct {
	results.Row
	impl   string
	values map[string]float64 // by unit
	times  int                // how many lines had this name
}

type lawReport struct {
	file string
	verdict.Report
}

func (f *facts) warn(format string, args ...any) {
	f.warnings = append(f.warnings, verdict.Printable(fmt.Sprintf(format, args...)))
}

// readAll reads files, and all files of folders.
func readAll(names []string) (*facts, error) {
	f := &facts{}
	for _, name := range names {
		err := filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || filepath.Ext(path) == ".html" {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil {
				f.read(entry.Name(), text) // the page shows no folders of a machine
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return f, nil
}

func (f *facts) read(file string, text []byte) {
	if trimmed := bytes.TrimSpace(text); len(trimmed) == 0 {
		f.warn("%s is empty", file)
	} else if trimmed[0] == '{' || trimmed[0] == '[' {
		f.readJSON(file, trimmed)
	} else {
		f.readBenchmarks(file, text)
	}
}

// readJSON reads one value or several, one after the other.
func (f *facts) readJSON(file string, text []byte) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	for {
		var value json.RawMessage
		if err := decoder.Decode(&value); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			f.warn("%s: not read to its end: %v", file, err)
			return
		}
		f.readReport(file, value)
	}
}

func (f *facts) readReport(file string, value json.RawMessage) {
	var kind struct {
		Suite *string `json:"suite"`
		Exit  *int    `json:"exit"`
	}
	err := json.Unmarshal(value, &kind)
	switch {
	case err != nil:
	case kind.Suite != nil:
		report := lawReport{file: file}
		if err = json.Unmarshal(value, &report.Report); err == nil {
			err = f.addLaws(report)
		}
	case kind.Exit != nil:
		report := new(gate.Report)
		if err = json.Unmarshal(value, report); err == nil && (f.gate == nil || report.Time.After(f.gate.Time)) {
			f.gate, f.gateFile = report, file
		}
	default:
		err = errors.New("neither a law report nor a report of the gate")
	}
	if err != nil {
		f.warn("%s: left out: %v", file, err)
	}
}

// addLaws takes one report of each subject about the same operations: a second one would
// be a column of the same name.
func (f *facts) addLaws(report lawReport) error {
	for _, other := range f.laws {
		if other.Subject == report.Subject && kind(other.Report) == kind(report.Report) {
			return fmt.Errorf("%s reports on %s too", other.file, report.Subject)
		}
	}
	f.laws = append(f.laws, report)
	return nil
}

// readBenchmarks reads the format of Go benchmarks. A line that is not in this format
// and a number that is no time are named and left out.
func (f *facts) readBenchmarks(file string, text []byte) {
	run := series{file: file}
	type name struct {
		results.Row
		impl string
	}
	samples := map[name]map[string][]float64{}
	var order []name
	reader := benchfmt.NewReader(bytes.NewReader(text), file)
	for reader.Scan() {
		switch record := reader.Result().(type) {
		case *benchfmt.SyntaxError:
			f.warn("%v", record)
		case *benchfmt.Result:
			row, impl := results.Split(record)
			n := name{results.Row{Operation: verdict.Printable(row.Operation), Workload: verdict.Printable(row.Workload)}, verdict.Printable(impl)}
			if samples[n] == nil {
				samples[n] = map[string][]float64{}
				order = append(order, n)
			}
			for _, value := range record.Values {
				_, value.Unit = benchunit.Tidy(1, value.Unit) // the reader leaves 0 ns what it is
				if time := strings.HasPrefix(value.Unit, "sec/"); math.IsNaN(value.Value) || math.IsInf(value.Value, 0) || time && value.Value <= 0 {
					f.warn("%s: %s: %v %s is left out", file, record.Name, value.Value, value.Unit)
					continue
				}
				samples[n][value.Unit] = append(samples[n][value.Unit], value.Value)
			}
			run.config = record.Clone().Config
		}
	}
	if err := reader.Err(); err != nil {
		f.warn("%s: not read to its end: %v", file, err)
	}
	for _, n := range order {
		if len(samples[n]) == 0 {
			continue
		}
		l := line{Row: n.Row, impl: n.impl, values: map[string]float64{}}
		for unit, values := range samples[n] {
			l.values[unit], l.times = median(values), max(l.times, len(values))
		}
		run.lines = append(run.lines, l)
	}
	if len(run.lines) == 0 {
		f.warn("%s has no results of benchmarks", file)
		return
	}
	f.runs = append(f.runs, run)
}

func median(values []float64) float64 {
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

// pace is the time per logit in seconds, or else per operation; 0 is none.
func (l line) pace() float64 {
	if each := l.values["sec/logit"]; each > 0 {
		return each
	}
	return l.values["sec/op"]
}

// limit is the time that the memory alone takes, in the unit of pace; 0 if that was not
// measured.
func (l line) limit() float64 { return l.pace() * l.values["%limit"] / 100 }

// setting is what the file says of a key, as of "cpu".
func (r series) setting(key string) string {
	for _, c := range r.config {
		if c.Key == key {
			return verdict.Printable(string(c.Value))
		}
	}
	return ""
}

// title is the run's name for people.
func (r series) title() string {
	name := strings.TrimSuffix(filepath.Base(r.file), filepath.Ext(r.file))
	if cpu := r.setting("cpu"); cpu != "" {
		name += ", " + cpu
	}
	return verdict.Printable(name)
}
