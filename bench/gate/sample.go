package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/perf/benchfmt"
)

// How long a sample of a row should take, and one of the control.
const (
	sampleTime  = 60 * time.Millisecond
	controlTime = 20 * time.Millisecond
)

// hang is when a benchmark counts as hung, as go test has it.
const hang = "-test.timeout=10m"

// A sample is what one fresh process measured of one benchmark.
type sample struct {
	result   *benchfmt.Result
	units    benchfmt.UnitMetadataMap
	seconds  float64       // per operation
	switches int64         // involuntary context switches
	steal    time.Duration // taken by other guests of the host, over all processors
	wall     time.Duration
}

// take runs one benchmark a fixed number of times in a fresh process.
func take(ctx context.Context, b binary, name string, iterations int) (sample, error) {
	cmd := command(ctx, b.dir, b.path, "-test.run=^$", "-test.benchmem", hang,
		"-test.bench="+pattern(name), "-test.benchtime="+strconv.Itoa(iterations)+"x")
	start, stolen := time.Now(), stealTime()
	out, err := output(cmd)
	if err != nil {
		return sample{}, err
	}
	s := sample{wall: time.Since(start), steal: stealTime() - stolen}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.switches = int64(usage.Nivcsw)
	}
	results, units, err := parse(out)
	if err != nil {
		return sample{}, err
	}
	if len(results) != 1 {
		return sample{}, fmt.Errorf("%s gave %d results instead of one:\n%s", name, len(results), out)
	}
	s.result, s.units = results[0], units
	seconds, ok := s.result.Value("sec/op")
	if !ok || seconds <= 0 {
		return sample{}, fmt.Errorf("%s reported no time per operation:\n%s", name, out)
	}
	s.seconds = seconds
	return s, nil
}

// parse reads a benchmark's output. Names lose the suffix -GOMAXPROCS.
func parse(out []byte) ([]*benchfmt.Result, benchfmt.UnitMetadataMap, error) {
	var results []*benchfmt.Result
	reader := benchfmt.NewReader(bytes.NewReader(out), "benchmark output")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			result = result.Clone()
			result.Name = benchfmt.Name(trimProcs(string(result.Name)))
			results = append(results, result)
		}
	}
	return results, reader.Units(), reader.Err()
}

func trimProcs(name string) string {
	if procs := runtime.GOMAXPROCS(0); procs > 1 {
		return strings.TrimSuffix(name, "-"+strconv.Itoa(procs))
	}
	return name
}

// pattern is the -test.bench pattern that matches one benchmark and its parents.
func pattern(name string) string {
	parts := strings.Split("Benchmark"+name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// stealTime is the time that the host gave to others since boot, 0 where the
// system doesn't tell. It comes in ticks of 10 ms.
func stealTime() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	fields := strings.Fields(line) // cpu user nice system idle iowait irq softirq steal …
	if len(fields) < 9 {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}
