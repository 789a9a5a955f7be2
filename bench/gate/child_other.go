//go:build unix && !linux

package main

import "syscall"

// ownGroup has no parent-death signal outside Linux: after a KILL a benchmark
// runs on to its end.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
