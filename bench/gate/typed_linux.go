package main

import (
	"fmt"
	"os"
	"strings"
)

// parentWords returns the command line of the parent process, nothing if the system
// does not say.
func parentWords() []string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", os.Getppid()))
	if err != nil {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00")
}
