//go:build unix && !linux

package process

import "syscall"

// endWithParent does nothing here: the program sees its standard input end.
func endWithParent(*syscall.SysProcAttr) {}
