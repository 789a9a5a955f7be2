//go:build unix && !linux

package main

import (
	"errors"
	"syscall"
)

// ownGroup has no parent-death signal outside Linux: after a KILL a benchmark
// runs on to its end.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}

// processors are unknown outside Linux, so that benchmarks run on all.
func processors() []int { return nil }

func pin(int) (unpin func() error, err error) {
	return nil, errors.ErrUnsupported
}
