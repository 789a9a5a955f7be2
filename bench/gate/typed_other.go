//go:build unix && !linux

package main

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// parentWords returns the command line of the parent process, nothing if the system
// does not say. An argument with a space in it comes out as two.
func parentWords() []string {
	text, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(os.Getppid())).Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}
