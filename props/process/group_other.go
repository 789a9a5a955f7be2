//go:build !unix

package process

import "os/exec"

func ownGroup(*exec.Cmd) {}

// killGroup kills the program; what it started is out of reach here.
func killGroup(command *exec.Cmd) {
	_ = command.Process.Kill() // fails if it has ended
}
