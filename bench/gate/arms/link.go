//go:build unix

package arms

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"temper/bench/gate/child"
)

// A binary is the test binary of a package in one arm, linked with one layout.
type binary struct {
	path string
	dir  string // where it runs: the package's folder
}

// link builds the test binary of a package in one arm. The seed decides in which order
// the linker puts the functions in memory; two binaries of the same code differ in
// nothing else. Leaving out the tables for debuggers (-s -w) makes linking faster and
// does not change the code.
func link(ctx context.Context, p *benchPackage, arm Arm, seed int64, path string) (binary, error) {
	cmd := child.Command(ctx, p.dir[arm], "go", "test", "-c", "-buildvcs=false",
		"-ldflags=-s -w -randlayout="+strconv.FormatInt(seed, 10), "-o", path, ".")
	cmd.Env = append(append(cmd.Environ(), "GOTMPDIR="+filepath.Dir(path)), p.env...) // so that it is removed with the rest even after a kill
	if _, err := child.Output(cmd); err != nil {
		if ctx.Err() != nil {
			return binary{}, ctx.Err()
		}
		if words := child.Words(err); strings.Contains(words, syscall.ENOSPC.Error()) {
			return binary{}, fmt.Errorf("a disk is full, that of %s (TMPDIR) or of the build cache (GOCACHE): %s", filepath.Dir(path), words)
		}
		if arm == Same {
			arm = Base // the same code: either of the two can be the first to fail
		}
		return binary{}, fmt.Errorf("%s does not build: %s\n%s", arm, p.path, child.Words(err))
	}
	return binary{path, p.dir[arm]}, nil
}

// A linker links every package in every arm, once per pair, each with a layout that
// no other binary has. Pair 0 is for calibration; the pairs that are timed begin at 1.
type linker struct {
	dir      string
	packages []*benchPackage
	seed     uint64
}

// A Pair is a set of binaries that are timed next to each other: for every package one
// of each arm.
type Pair [][Count]binary

// layoutSeed returns a seed that is different for every package, arm and pair. It
// depends on nothing else but the linker's seed, so that a package that is timed alone
// gets the layouts that it had among others.
func (l linker) layoutSeed(path string, arm Arm, pair int) int64 {
	stream := fnv.New64a()
	fmt.Fprint(stream, path, " ", int(arm), " ", pair)
	return 1 + rand.New(rand.NewPCG(l.seed, stream.Sum64())).Int64N(1<<62)
}

// link builds the pairs from ≤ i < to, as many binaries at a time as there are
// processors, since nothing is being timed meanwhile. It leaves out a package that an
// arm lacks.
func (l linker) link(ctx context.Context, from, to int) ([]Pair, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	built := make([]Pair, to-from)
	atOnce := runtime.GOMAXPROCS(0)
	if from == 0 {
		atOnce = 1 // the first ones compile as well, and the next use what they compiled
	}
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i := range built {
		built[i] = make(Pair, len(l.packages))
		for p, pkg := range l.packages {
			for arm := range Count {
				if pkg.dir[arm] == "" {
					continue
				}
				running.Go(func() {
					slots <- struct{}{}
					defer func() { <-slots }()
					if ctx.Err() != nil {
						return
					}
					path := filepath.Join(l.dir, fmt.Sprintf("%03d-%s-%03d.test", p, arm, from+i))
					binary, err := link(ctx, pkg, arm, l.layoutSeed(pkg.path, arm, from+i), path)
					if err != nil {
						cancel(err)
					}
					built[i][p][arm] = binary
				})
			}
		}
	}
	running.Wait()
	return built, context.Cause(ctx)
}

// remove deletes the binaries, which may be large.
func (p Pair) remove() error {
	for _, pkg := range p {
		for _, binary := range pkg {
			if err := os.RemoveAll(binary.path); err != nil {
				return err
			}
		}
	}
	return nil
}
