//go:build unix

package main

import (
	"errors"
	"os/exec"
	"runtime"

	"temper/bench/gate/child"
)

// A place is the processor that a benchmark runs on, with GOMAXPROCS=1, or
// everywhere. On one, the collector's work is part of the time, and how busy the
// others are is not.
type place int

const everywhere place = -1

// procs is the GOMAXPROCS of benchmarks that run everywhere. It is read once: the
// runtime may change its own whenever the limits of the container change.
var procs = runtime.GOMAXPROCS(0)

func (p place) procs() int {
	if p == everywhere {
		return procs
	}
	return 1
}

// output runs the child there and gives what it wrote.
func (p place) output(cmd *exec.Cmd) (out []byte, err error) {
	if p == everywhere {
		return child.Output(cmd)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unpin, err := pin(int(p))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unpin()) }()
	return child.Output(cmd)
}
