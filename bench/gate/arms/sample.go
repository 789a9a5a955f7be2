//go:build unix

package arms

import (
	"context"
	"fmt"
	"math"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/child"
)

// How long a sample of a row should take, and one of the control.
const (
	sampleTime  = 60 * time.Millisecond
	controlTime = 20 * time.Millisecond
)

// A Sample is what one round measured of a row in one arm. It consists of pieces,
// each a process of its own, and the fastest piece counts.
type Sample struct {
	Result  *benchfmt.Result // of the fastest piece
	Units   benchfmt.UnitMetadataMap
	Seconds float64 // per operation, of the fastest piece

	// Sums over the pieces:
	switches int64         // involuntary context switches
	steal    time.Duration // taken by other guests of the host, mean over the processors
	wall     time.Duration
}

// with adds a piece to a sample.
func (s Sample) with(piece Sample) Sample {
	fastest := s
	if s.Result == nil || piece.Seconds < s.Seconds {
		fastest = piece
	}
	fastest.switches = s.switches + piece.switches
	fastest.steal = s.steal + piece.steal
	fastest.wall = s.wall + piece.wall
	return fastest
}

// overhead returns the time that a piece spent on starting its process and on the
// benchmark's own preparation.
func (s Sample) overhead(iterations int) time.Duration {
	return s.wall - time.Duration(float64(iterations)*s.Seconds*1e9)
}

// untimeable says why a benchmark cannot be timed, although it does not fail.
type untimeable string

func (u untimeable) Error() string { return string(u) }

const noTime untimeable = "it reports no time per operation (ns/op)"

// runPiece runs one benchmark a fixed number of times in a fresh process, and returns
// a sample of this one piece.
func runPiece(ctx context.Context, b binary, on place, name string, iterations int) (Sample, error) {
	cmd := benchmark(ctx, b, on, "-test.benchmem", "-test.bench="+pattern(name), "-test.benchtime="+strconv.Itoa(iterations)+"x")
	start, stolen := time.Now(), stealTime()
	out, err := on.output(cmd)
	if err != nil {
		return Sample{}, err
	}
	s := Sample{wall: time.Since(start), steal: stealTime() - stolen}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.switches = int64(usage.Nivcsw)
	}
	results, units, err := parse(out, on.procs())
	if err != nil {
		return Sample{}, err
	}
	if len(results) != 1 {
		return Sample{}, untimeable(fmt.Sprintf("when it is run alone, it gives %d results instead of one", len(results)))
	}
	s.Result, s.Units = results[0], units
	seconds, _ := s.Result.Value("sec/op")
	if !(seconds > 0) || math.IsInf(seconds, 1) {
		return Sample{}, noTime
	}
	s.Seconds = seconds
	return s, nil
}

// benchmark prepares a run of a test binary's benchmarks. As under go test, it is killed
// after 10 minutes, and os.Exit(0) in a benchmark is a failure.
func benchmark(ctx context.Context, b binary, on place, args ...string) *exec.Cmd {
	cmd := child.Command(ctx, b.dir, b.path, append([]string{"-test.run=^$", "-test.timeout=10m", "-test.paniconexit0"}, args...)...)
	cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(on.procs()))
	return cmd
}

// pattern returns the value of -test.bench that matches one benchmark and the
// parents through which the testing package reaches it: ^BenchmarkSum$/^n=1$ for
// Sum/n=1.
func pattern(name string) string {
	parts := strings.Split("Benchmark"+name, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}
