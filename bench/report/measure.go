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

// measurements are the lines of one run, parsed and as they came.
type measurements struct {
	results []*benchfmt.Result
	raw     []byte
}

// measure runs the benchmarks and tells how far they are.
func measure(progress io.Writer, benchtime string) (*measurements, error) {
	fmt.Fprintln(progress, "measuring")
	pattern := "^Benchmark(" + strings.Join(benchmarks, "|") + ")$"
	cmd := exec.Command("go", "test", "-run=^$", "-bench="+pattern, "-benchtime="+benchtime, "-timeout=0", "temper/bench")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	m, failed := read(out, newMeter(progress))
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

func newMeter(out io.Writer) *meter {
	return &meter{out, time.Now(), map[string]bool{}, len(benchmarks) * len(bench.Selected())}
}

// show prints a result, and the time left at the pace so far.
func (m *meter) show(r *benchfmt.Result) {
	row, impl := split(r)
	m.seen[row.String()] = true
	perLogit, _ := r.Value("sec/logit")
	done := len(m.seen)
	left := time.Since(m.start) / time.Duration(done) * time.Duration(max(m.total-done, 0))
	fmt.Fprintf(m.out, "[%d/%d, %v left] %v %s: %s per logit\n",
		done, m.total, left.Round(time.Second), row, impl, seconds(perLogit))
}
