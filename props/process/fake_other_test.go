//go:build !linux

package process

import "os/exec"

// apart is only asked for on Linux.
func apart(command *exec.Cmd) *exec.Cmd { return command }
