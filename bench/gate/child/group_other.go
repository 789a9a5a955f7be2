//go:build unix && !linux

package child

import "syscall"

// ownGroup asks for a process group of its own. Outside Linux no signal is sent when
// the parent dies: if the gate is killed by KILL, a benchmark runs on to its end.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
