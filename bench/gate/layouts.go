//go:build unix

package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// layouts links every package in every arm, once per pair, each with a layout
// that no other link has. Pair 0 is for calibration; those timed begin at 1.
type layouts struct {
	dir      string
	packages []*benchPackage
	seed     uint64
}

// binaries are the links of one pair: [package][arm].
type binaries [][arms]binary

// layoutSeed is different for every package, arm and pair. It depends on nothing
// else but the run's seed: a package timed alone has the layouts that it had among
// others.
func (l layouts) layoutSeed(path string, arm, pair int) int64 {
	stream := fnv.New64a()
	fmt.Fprint(stream, path, " ", arm, " ", pair)
	return 1 + rand.New(rand.NewPCG(l.seed, stream.Sum64())).Int64N(1<<62)
}

// link builds pairs from ≤ i < to, as many at a time as there are processors: it
// is done before anything is timed. An arm that lacks a package is skipped.
func (l layouts) link(ctx context.Context, from, to int) ([]binaries, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	built := make([]binaries, to-from)
	atOnce := runtime.GOMAXPROCS(0)
	if from == 0 {
		atOnce = 1 // the first links compile too, and share what they compiled
	}
	slots := make(chan struct{}, atOnce)
	var running sync.WaitGroup
	for i := range built {
		built[i] = make(binaries, len(l.packages))
		for p, pkg := range l.packages {
			for arm := range arms {
				if pkg.dir[arm] == "" {
					continue
				}
				running.Go(func() {
					slots <- struct{}{}
					defer func() { <-slots }()
					if ctx.Err() != nil {
						return
					}
					path := filepath.Join(l.dir, fmt.Sprintf("%03d-%s-%03d.test", p, armNames[arm], from+i))
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

// remove deletes the binaries of one pair, which may be large.
func (b binaries) remove() error {
	for _, pkg := range b {
		for _, binary := range pkg {
			if err := os.RemoveAll(binary.path); err != nil {
				return err
			}
		}
	}
	return nil
}
