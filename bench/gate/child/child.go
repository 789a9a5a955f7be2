//go:build unix

package child

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Command prepares a program to run in dir. It gets a process group of its own,
// which is killed as a whole when the context ends. On Linux it is also killed when
// this process dies. A repository that git named in the environment is left out, so
// that dir alone says which repository the program works on.
func Command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = environment(cmd.Environ())
	cmd.SysProcAttr = ownGroup()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// environment leaves out what names a repository (GIT_DIR, GIT_WORK_TREE,
// GIT_INDEX_FILE, …): git sets it for hooks, and it would take precedence over the
// folder that a command runs in. GIT_CONFIG… stays, which CI uses for safe.directory.
func environment(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GIT_CONFIG")
	})
}

// Output runs the command and returns what it wrote to standard output. If it
// fails, LastWords of the error is what it printed.
func Output(cmd *exec.Cmd) ([]byte, error) {
	// On Linux a child is killed when the thread that started it ends, not only
	// when the process does.
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
	return stdout.Bytes(), &failure{command: cmd.String(), words: words, err: err}
}

// A failure is the error of a command that could not be started or did not succeed.
type failure struct {
	command string
	words   string // what it printed
	err     error
}

func (f *failure) Error() string {
	return fmt.Sprintf("%s: %v\n%s", f.command, f.err, Tail(f.words))
}

func (f *failure) Unwrap() error { return f.err }

// LastWords returns what a failed command printed last, or the error itself if it
// printed nothing.
func LastWords(err error) string {
	var f *failure
	if errors.As(err, &f) && f.words != "" {
		return Tail(f.words)
	}
	return err.Error()
}

// Tail returns the last 40 lines of a text: enough to see why a build or a test
// failed.
func Tail(text string) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
