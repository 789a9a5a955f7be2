//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"temper/bench/gate/scratch"
)

// command prepares a child in a process group of its own, which dies as a whole
// when the context ends, and with this process where the system can do that. The
// folder alone says which repository it works on.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = scratch.Environment(cmd.Environ())
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// output runs the child and gives what it wrote to standard output. Its error
// carries the child's last words.
func output(cmd *exec.Cmd) ([]byte, error) {
	// The parent-death signal is tied to the thread that starts the child.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	words := strings.TrimSpace(stderr.String())
	if words == "" {
		words = strings.TrimSpace(stdout.String())
	}
	return stdout.Bytes(), &childError{command: cmd.String(), words: words, err: err}
}

// childError is a child that couldn't be run or didn't succeed.
type childError struct {
	command string
	words   string // what it printed
	err     error
}

func (e *childError) Error() string {
	return fmt.Sprintf("%s: %v\n%s", e.command, e.err, tail(e.words, 40))
}

func (e *childError) Unwrap() error { return e.err }

// lastWords is what a failed child printed, or the error itself.
func lastWords(err error) string {
	var child *childError
	if errors.As(err, &child) && child.words != "" {
		return tail(child.words, 40)
	}
	return err.Error()
}

// tail keeps the last so many lines.
func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
