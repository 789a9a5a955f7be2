//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"temper/bench/gate/scratch"
)

// A scenario is what is done to the head of a module, and how often the full
// certification runs the gate on it.
type scenario struct {
	name  string
	claim string
	runs  int
	head  change
	row   string // the one that the change makes worse, "" if none
	rows  int    // of the chain, in addition to the other three
	noisy bool   // while another process is busy half of the time
}

// A change is what the module's benchmarks do in head: the steps of the chain, and the
// allocations of the benchmark that allocates.
type change struct{ steps, allocations int }

var none = change{steps: 20_000, allocations: 8}

// scenarios are what is certified. 59 runs without an alarm exclude, at 95 %, that more
// than 5 % of runs have an alarm, since 0.95^59 < 0.05. 29 runs that find a change exclude
// that fewer than 90 % do, since 0.90^29 < 0.05. Smaller rates are estimated by simulated
// runs with the same noise.
var scenarios = []scenario{
	{name: "unchanged", claim: "no change: red in ≤ 5 %, exit 0 in ≥ 95 %", runs: 59, head: none, rows: 1},
	{name: "slower10", claim: "+10 % in one row: found in ≥ 95 %", runs: 29, head: change{22_000, 8}, row: "Chain/row=0", rows: 1},
	{name: "slower5", claim: "+5 % in one row: found in ≥ 90 % where pairs spread ≤ 2.2 %", runs: 29, head: change{21_000, 8}, row: "Chain/row=0", rows: 1},
	{name: "allocation", claim: "one more allocation: always found", runs: 29, head: change{20_000, 9}, row: "Allocate", rows: 1},
	{name: "neighbour", claim: "no change, a noisy neighbour: never red", runs: 29, head: none, rows: 1, noisy: true},
	{name: "twenty", claim: "20 rows within 5 minutes", runs: 3, head: none, rows: 17},
}

const budget = 5 * time.Minute

// module has rows of four kinds: bound by latency, by memory and by the exponential
// function, and one that allocates.
const module = `package certified

import (
	"fmt"
	"math"
	"testing"
)

var (
	sum   uint64
	total float64
	kept  *[4]uint64
)

func BenchmarkChain(b *testing.B) {
	for row := range %d {
		b.Run(fmt.Sprintf("row=%%d", row), func(b *testing.B) {
			for b.Loop() {
				chain(%d)
			}
		})
	}
}

func chain(steps int) {
	x := uint64(1)
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sum = x
}

func BenchmarkStream(b *testing.B) {
	logits := make([]float32, 1<<18)
	for b.Loop() {
		m := float32(math.Inf(-1))
		for _, x := range logits {
			m = max(m, x)
		}
		total = float64(m)
	}
}

func BenchmarkExp(b *testing.B) {
	logits := make([]float64, 1<<12)
	for b.Loop() {
		z := 0.0
		for _, x := range logits {
			z += math.Exp(x)
		}
		total = z
	}
}

func BenchmarkAllocate(b *testing.B) {
	for b.Loop() {
		chain(1000)
		for range %d {
			kept = new([4]uint64)
		}
	}
}
`

func (s scenario) write(dir string, c change) error {
	return os.WriteFile(filepath.Join(dir, "certified_test.go"), fmt.Appendf(nil, module, s.rows, c.steps, c.allocations), 0o644)
}

// run makes the module in dir, commits it unchanged, changes it and calls the
// gate, which was built from a commit.
func (s scenario) run(ctx context.Context, gate, commit, dir string) (*record, error) {
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module certified\n\ngo 1.24\n"), 0o644); err != nil {
		return nil, err
	}
	if err := s.write(dir, none); err != nil {
		return nil, err
	}
	if err := scratch.Commit(ctx, dir); err != nil {
		return nil, err
	}
	if err := s.write(dir, s.head); err != nil {
		return nil, err
	}
	if s.noisy {
		quiet := makeNoise()
		defer quiet()
	}
	out := filepath.Join(dir, "gate.out")
	cmd := exec.CommandContext(ctx, gate, "-base", "HEAD", "-C", dir, "-budget", budget.String(), "-o", out)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	words, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, err
	}
	r, err := readRecord(out, commit)
	if err != nil {
		return nil, fmt.Errorf("%w\n%s", err, words)
	}
	return r, nil
}

// makeNoise keeps one processor busy half of the time, in bursts and pauses of
// 50 ms on average, until it is told to stop.
func makeNoise() (quiet func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	burst := func() time.Duration { return time.Duration(50e6 * rand.ExpFloat64()) }
	go func() {
		defer close(stopped)
		for {
			for end := time.Now().Add(burst()); time.Now().Before(end); {
			}
			select {
			case <-stop:
				return
			case <-time.After(burst()):
			}
		}
	}()
	return func() { close(stop); <-stopped }
}
