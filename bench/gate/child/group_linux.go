package child

import "syscall"

// ownGroup asks for a process group of its own, and for a KILL when this process
// dies.
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
