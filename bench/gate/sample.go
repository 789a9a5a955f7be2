//go:build unix

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"temper/bench/gate/child"

	"golang.org/x/perf/benchfmt"
)

// How long a sample of a row should take, and one of the control.
const (
	sampleTime  = 60 * time.Millisecond
	controlTime = 20 * time.Millisecond
)

// benchmark prepares a run of a test binary's benchmarks. It counts as hung when
// go test says so.
func benchmark(ctx context.Context, b binary, on place, args ...string) *exec.Cmd {
	cmd := child.Command(ctx, b.dir, b.path, append([]string{"-test.run=^$", "-test.timeout=10m"}, args...)...)
	cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(on.procs()))
	return cmd
}

// A sample is what a fresh process measured of one benchmark, or the fastest of
// several, and what they cost together.
type sample struct {
	result   *benchfmt.Result
	units    benchfmt.UnitMetadataMap
	seconds  float64       // per operation
	switches int64         // involuntary context switches
	steal    time.Duration // taken by other guests of the host, mean over the processors
	wall     time.Duration
}

// take runs one benchmark a fixed number of times in a fresh process.
func take(ctx context.Context, b binary, on place, name string, iterations int) (sample, error) {
	cmd := benchmark(ctx, b, on, "-test.benchmem", "-test.bench="+pattern(name), "-test.benchtime="+strconv.Itoa(iterations)+"x")
	start, stolen := time.Now(), stealTime()
	out, err := on.output(cmd)
	if err != nil {
		return sample{}, err
	}
	s := sample{wall: time.Since(start), steal: stealTime() - stolen}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.switches = int64(usage.Nivcsw)
	}
	results, units, err := parse(out, on.procs())
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

// with adds another process: the fastest of all speaks for them.
func (s sample) with(other sample) sample {
	fastest := s
	if s.result == nil || other.seconds < s.seconds {
		fastest = other
	}
	fastest.switches = s.switches + other.switches
	fastest.steal = s.steal + other.steal
	fastest.wall = s.wall + other.wall
	return fastest
}

// parse reads a benchmark's output. Names lose the suffix -GOMAXPROCS.
func parse(out []byte, procs int) ([]*benchfmt.Result, benchfmt.UnitMetadataMap, error) {
	var results []*benchfmt.Result
	reader := benchfmt.NewReader(bytes.NewReader(out), "benchmark output")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			result = result.Clone()
			if procs > 1 {
				result.Name = benchfmt.Name(strings.TrimSuffix(string(result.Name), "-"+strconv.Itoa(procs)))
			}
			results = append(results, result)
		}
	}
	return results, reader.Units(), reader.Err()
}

// pattern is the -test.bench pattern that matches one benchmark and its parents.
func pattern(name string) string {
	parts := strings.Split("Benchmark"+name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// stealTime is the time that the host gave to others since boot, as a mean over
// the processors; 0 where the system doesn't tell.
func stealTime() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return stolen(string(stat))
}

// stolen reads /proc/stat: a line for all processors together, in ticks of 10 ms,
// then one for each.
//
//	cpu  user nice system idle iowait irq softirq steal …
//	cpu0 user nice …
func stolen(stat string) time.Duration {
	all, each, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(all)
	processors := strings.Count("\n"+each, "\ncpu")
	if len(fields) < 9 || processors == 0 {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ticks) * 10 * time.Millisecond / time.Duration(processors)
}
