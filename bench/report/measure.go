package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"temper/bench"
	"temper/bench/report/results"
	"temper/bench/simd"
	"temper/props/operation"
	"temper/props/verdict"
)

// benchmarks are those of temper/bench that measure all workloads without cuts.
func benchmarks() []string {
	names := []string{"Read", "Copy"}
	for _, op := range operation.All() {
		names = append(names, op.Name)
	}
	return names
}

// rowsWithoutCuts counts the rows of these: where an operation has no value at T = 0, it
// has no row.
func rowsWithoutCuts() int {
	rows := len(benchmarks()) * len(bench.Selected())
	for _, op := range operation.All() {
		for _, w := range bench.Selected() {
			if op.NoZero && w.Temperature == 0 {
				rows--
			}
		}
	}
	return rows
}

// halfWidthRows counts the rows of one workload of BenchmarkHalfWidth: three formats for
// each variant that this machine has.
func halfWidthRows() (rows int) {
	for _, k := range simd.Float32Variants() {
		if k.Available {
			rows += 3
		}
	}
	return rows
}

// largest is the workload that is measured on all processors too: it exceeds every
// cache, so that there the memory is shared.
const largest = "^Benchmark(Read|Copy|LogProbs|Anneal|HalfWidth)$/^vocab=131072$/^rows=256$/^logits=zipf$/^T=0.7$"

// measurements are the lines of one run, parsed and as they came.
type measurements struct {
	results []*benchfmt.Result
	raw     []byte
}

// measure runs the benchmarks and tells how far they are.
func measure(progress io.Writer, benchtime string) (*measurements, error) {
	fmt.Fprintln(progress, "measuring")
	runs := []struct {
		pkg, pattern  string
		threads, rows int
	}{
		{"temper/bench", "^Benchmark(" + strings.Join(benchmarks(), "|") + ")$", 1, rowsWithoutCuts()},
		{"temper/bench", "^BenchmarkSampler$", 1, len(bench.SelectedCuts())},
		{"temper/bench", "^BenchmarkHalfWidth$", 1, 2 * halfWidthRows()},
		{"temper/bench", largest, runtime.NumCPU(), 4 + halfWidthRows()},
		{"temper/bench/sequence", ".", 1, 6},
	}
	total := 0
	for _, r := range runs {
		total += r.rows
	}
	meter := newMeter(progress, total)
	defer meter.end()
	all := &measurements{}
	for _, r := range runs {
		m, err := runPackage("", meter, r.threads, r.pattern, benchtime, r.pkg)
		if err != nil {
			return nil, err
		}
		all.results, all.raw = append(all.results, m.results...), append(all.raw, m.raw...)
	}
	return all, nil
}

// runPackage runs, in a folder, the benchmarks of a package on so many threads.
func runPackage(folder string, meter *meter, threads int, pattern, benchtime, pkg string) (*measurements, error) {
	cmd := exec.Command("go", "test", "-run=^$", "-bench="+pattern, "-benchtime="+benchtime, "-timeout=0", pkg)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), fmt.Sprintf("GOMAXPROCS=%d", threads)) // -cpu would be too late for b.Loop
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
	out      io.Writer
	terminal bool // on which one line is overwritten
	start    time.Time
	seen     map[string]bool
	total    int
}

func newMeter(out io.Writer, total int) *meter {
	file, ok := out.(*os.File)
	return &meter{out, ok && isTerminal(file), time.Now(), map[string]bool{}, total}
}

// show prints a result, and the time left at the pace so far.
func (m *meter) show(r *benchfmt.Result) {
	row, impl := results.Split(r)
	m.seen[row.String()] = true
	each, unit := results.Pace(r)
	done := len(m.seen)
	left := time.Since(m.start) / time.Duration(done) * time.Duration(max(m.total-done, 0))
	if m.terminal {
		text := fmt.Sprintf("[%d/%d, %v left] %s %s %s: %s", done, m.total, left.Round(time.Second), row.Operation, brief(row), impl, results.Seconds(each))
		fmt.Fprint(m.out, "\r"+padded(verdict.Printable(text), 79))
		return
	}
	fmt.Fprintf(m.out, "[%d/%d, %v left] %v %s: %s per %s\n",
		done, m.total, left.Round(time.Second), row, impl, results.Seconds(each), unit)
}

// end removes the line that was overwritten.
func (m *meter) end() {
	if m.terminal {
		fmt.Fprint(m.out, "\r"+padded("", 79)+"\r")
	}
}
