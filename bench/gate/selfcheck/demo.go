//go:build unix

package selfcheck

import (
	"fmt"
	"os"
	"path/filepath"
)

// A Demo is a module for the gate to be tried on. It has three benchmarks: Compute, with
// this many steps an operation, Allocate, with this many allocations an operation, and
// Rest, which is always the same.
type Demo struct {
	Steps       int
	Allocations int
}

// Unchanged is the demo that others are compared with.
var Unchanged = Demo{Steps: 10_000, Allocations: 3}

const demoCode = `package demo

import "testing"

var (
	sum  uint64
	kept *uint64
)

func compute(steps int) {
	x := uint64(1)
	for range steps {
		x = x*6364136223846793005 + 1442695040888963407
	}
	sum = x
}

func BenchmarkCompute(b *testing.B) {
	for b.Loop() {
		compute(%d)
	}
}

func BenchmarkAllocate(b *testing.B) {
	for b.Loop() {
		compute(2000)
		for range %d {
			kept = new(uint64)
		}
	}
}

func BenchmarkRest(b *testing.B) {
	for b.Loop() {
		compute(5000)
	}
}
`

// Write writes the module's files to dir.
func (d Demo) Write(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module demo\n\ngo 1.24\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "demo_test.go"), fmt.Appendf(nil, demoCode, d.Steps, d.Allocations), 0o644)
}
