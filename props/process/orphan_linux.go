package process

import "syscall"

// endWithParent has the kernel kill the program when the thread that started it
// ends, however it ends.
func endWithParent(attributes *syscall.SysProcAttr) { attributes.Pdeathsig = syscall.SIGKILL }
