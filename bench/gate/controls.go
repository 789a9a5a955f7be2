//go:build unix

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"

	"temper/bench/gate/decide"
)

// controlModule is timed in every run, in the same way as the rows: base and
// base′ run the same chain of multiplications, head runs half as much again. A
// gate that sees a difference between the first two, or none to the third, is
// broken.
var controlModule = map[string]string{
	"go.mod": "module control\n\ngo 1.24\n",
	"control_test.go": `package control

import "testing"

var sink uint64

// chain is bound by the latency of one multiplication, whatever the layout.
func chain(b *testing.B, steps int) {
	for b.Loop() {
		x := uint64(1)
		for range steps {
			x = x*6364136223846793005 + 1442695040888963407
		}
		sink = x
	}
}

func BenchmarkSpin(b *testing.B)   { chain(b, 10_000) }
func BenchmarkSlowed(b *testing.B) { chain(b, 15_000) }
`,
}

// A control is the row that the gate tests itself with. All its arms are one
// binary: what differs between base and base′ is the machine alone.
type control struct {
	row
	binary binary
}

func newControl(ctx context.Context, dir string) (*control, error) {
	for name, text := range controlModule {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, err
		}
	}
	pkg := &benchPackage{path: "control", dir: [arms]string{dir, dir, dir}}
	built, err := link(ctx, pkg, base, 1, filepath.Join(dir, "control.test"))
	if err != nil {
		return nil, err
	}
	results, err := runAll(ctx, built, base, "^BenchmarkSpin$", controlTime)
	if err != nil {
		return nil, err
	}
	if len(results) != 1 {
		return nil, fmt.Errorf("%d results instead of one", len(results))
	}
	seconds, _ := results[0].Value("sec/op")
	c := &control{binary: built, row: row{
		path: "control", name: "Spin", bench: [arms]string{"Spin", "Spin", "Slowed"},
		iterations: iterationsFor(seconds, controlTime),
	}}
	return c, c.suit(ctx, c.binaries())
}

// binaries are the same in all arms.
func (c *control) binaries() [arms]binary { return [arms]binary{c.binary, c.binary, c.binary} }

// Health is what the controls say of the run.
type Health struct {
	Moved    []string       `json:"moved"`    // rows with base and base′ apart, which nothing explains
	Slowed   decide.Verdict `json:"slowed"`   // on the slowdown of 50 %: must be FAIL
	Spread   float64        `json:"spread"`   // of the spin kernel's pairs, as a standard deviation of ln(base′/base)
	Repeated int            `json:"repeated"` // disturbed rounds that were measured again
	Rounds   int            `json:"rounds"`   // of all
}

// Broken names the control that failed, "" if none did.
func (h Health) Broken() string {
	switch {
	case len(h.Moved) > 0:
		return "identical builds were found to differ"
	case h.Slowed == decide.Pass:
		return "a slowdown of 50 % made on purpose passed"
	}
	return ""
}

// Unstable is true where the machine is too noisy even for the control.
func (h Health) Unstable() bool { return h.Slowed == decide.Inconclusive }

// controlMargin is what the slowdown made on purpose must exceed, whatever margin
// the rows have.
const controlMargin = 0.03

// health tests the control and, in every row, base against base′.
func health(c *control, rows []*row) Health {
	spin := logRatios(c.samples[base], c.samples[same])
	h := Health{Moved: []string{}, Spread: spread(spin)}
	if len(decide.Moved([][]float64{spin}, decide.ControlAlpha)) > 0 {
		h.Moved = append(h.Moved, c.title())
	}
	var pairs [][]float64
	for _, r := range rows {
		pairs = append(pairs, logRatios(r.samples[base], r.samples[same]))
	}
	for _, r := range decide.Moved(pairs, decide.ControlAlpha) {
		h.Moved = append(h.Moved, rows[r].title())
	}
	alone := decide.Plan{Margin: controlMargin, Slack: decide.Slack, Alpha: decide.Alpha, Looks: []decide.Look{{Share: 1}}}
	h.Slowed = alone.Judge(0, nil, [][]float64{logRatios(c.samples[base], c.samples[head])}, true)[0].Verdict
	return h
}

// spread is the standard deviation that the median of |d| implies for normal d,
// 1.4826 times the median: outliers don't count.
func spread(d []float64) float64 {
	if len(d) == 0 {
		return 0
	}
	sizes := make([]float64, len(d))
	for i, x := range d {
		sizes[i] = math.Abs(x)
	}
	slices.Sort(sizes)
	return 1.4826 * sizes[len(sizes)/2]
}

// logRatios gives ln(b/a) of the times, pair by pair.
func logRatios(a, b []sample) []float64 {
	d := make([]float64, min(len(a), len(b)))
	for i := range d {
		d[i] = math.Log(b[i].seconds / a[i].seconds)
	}
	return d
}
