//go:build unix && !linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

// parentWords is the command line of the parent process, none if the system does
// not say. Words with spaces come apart.
func parentWords() []string {
	text, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(os.Getppid())).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}
