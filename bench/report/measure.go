package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"temper/bench"
)

// benchmarks are those of temper/bench: each measures all workloads.
var benchmarks = []string{"Read", "Copy", "LogSumExp", "LogProbs", "Anneal", "Sample", "Draw"}

// wholeSequences are the packages that anneal whole sequences, and how many rows
// of the table they fill.
var wholeSequences = []struct {
	pkg  string
	rows int
}{{"temper/bench/chain", 5}, {"temper/bench/particles", 1}}

// measurements are the lines of one run, parsed and as they came.
type measurements struct {
	results []*benchfmt.Result
	raw     []byte
}

// measure runs the benchmarks and tells how far they are.
func measure(progress io.Writer, benchtime string) (*measurements, error) {
	fmt.Fprintln(progress, "measuring")
	total := len(benchmarks) * len(bench.Selected())
	for _, s := range wholeSequences {
		total += s.rows
	}
	meter := newMeter(progress, total)
	pattern := "^Benchmark(" + strings.Join(benchmarks, "|") + ")$"
	m, err := runPackage(meter, pattern, benchtime, "temper/bench")
	for _, s := range wholeSequences {
		if err != nil {
			return nil, err
		}
		var more *measurements
		if more, err = runPackage(meter, ".", benchtime, s.pkg); err == nil {
			m.results, m.raw = append(m.results, more.results...), append(m.raw, more.raw...)
		}
	}
	return m, err
}

// runPackage runs the benchmarks of a package.
func runPackage(meter *meter, pattern, benchtime, pkg string) (*measurements, error) {
	cmd := exec.Command("go", "test", "-run=^$", "-bench="+pattern, "-benchtime="+benchtime, "-timeout=0", pkg)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m, failed := read(out, meter)
	if err := cmd.Wait(); err != nil {
		return nil, fmt.Errorf("go test -bench: %w\n%s", err, m.raw)
	}
	return m, failed
}

// read parses lines as they come.
func read(lines io.Reader, meter *meter) (*measurements, error) {
	var raw bytes.Buffer
	m := &measurements{}
	reader := benchfmt.NewReader(io.TeeReader(lines, &raw), "go test -bench")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			m.results = append(m.results, result.Clone())
			meter.show(result)
		}
	}
	m.raw = raw.Bytes()
	return m, reader.Err()
}

// meter counts the workloads that are done.
type meter struct {
	out   io.Writer
	start time.Time
	seen  map[string]bool
	total int
}

func newMeter(out io.Writer, total int) *meter {
	return &meter{out, time.Now(), map[string]bool{}, total}
}

// show prints a result, and the time left at the pace so far.
func (m *meter) show(r *benchfmt.Result) {
	row, impl := split(r)
	m.seen[row.String()] = true
	each, unit := pace(r)
	done := len(m.seen)
	left := time.Since(m.start) / time.Duration(done) * time.Duration(max(m.total-done, 0))
	fmt.Fprintf(m.out, "[%d/%d, %v left] %v %s: %s per %s\n",
		done, m.total, left.Round(time.Second), row, impl, seconds(each), unit)
}
