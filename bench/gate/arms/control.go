//go:build unix

package arms

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

// ControlPackage is the package of the control, as its samples name it.
const ControlPackage = "control"

// controlModule is timed in every pair, in the same way as the rows. Base and base′
// run the same chain of multiplications, and head one that is half as long again. A
// gate that sees a difference between the first two, or none between base and head,
// is broken.
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

// newControl builds the control in dir. All its arms are one binary, so that between
// base and base′ nothing but the machine can differ.
func newControl(ctx context.Context, dir string) (*Row, [Count]binary, error) {
	var built [Count]binary
	for name, text := range controlModule {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return nil, built, err
		}
	}
	pkg := &benchPackage{path: ControlPackage, dir: [Count]string{dir, dir, dir}, env: []string{"GOWORK=off", "GOFLAGS=-mod=mod"}}
	one, err := link(ctx, pkg, Base, 1, filepath.Join(dir, "control.test"))
	if err != nil {
		return nil, built, err
	}
	built = [Count]binary{one, one, one}
	results, failed, err := runAll(ctx, one, Base, "^BenchmarkSpin$", controlTime)
	if err != nil {
		return nil, built, err
	}
	if len(results) != 1 {
		return nil, built, fmt.Errorf("%d results instead of one; %v", len(results), failed)
	}
	seconds, _ := results[0].Value("sec/op")
	row := &Row{
		Package: ControlPackage, Name: "Spin", bench: [Count]string{"Spin", "Spin", "Slowed"},
		iterations: iterationsFor(seconds, controlTime),
	}
	return row, built, row.tune(ctx, built)
}
