//go:build unix

package arms

import (
	"errors"
	"os/exec"
	"runtime"

	"temper/bench/gate/child"
)

// A place is where a benchmark runs: on one processor, whose number it is, with
// GOMAXPROCS=1, or everywhere. On one processor the time of the garbage collector
// counts, and how busy the other processors are does not.
type place int

const everywhere place = -1

// allProcs is the GOMAXPROCS of benchmarks that run everywhere. It is read once,
// because the runtime changes its own value when the limits of the container change.
var allProcs = runtime.GOMAXPROCS(0)

func (p place) procs() int {
	if p == everywhere {
		return allProcs
	}
	return 1
}

// output runs a command in this place and returns what it wrote.
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
