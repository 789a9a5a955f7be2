//go:build unix

package child

import (
	"bytes"
	"context"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Command prepares a program to run in dir. It gets a process group of its own,
// which is killed as a whole when the context ends. On Linux it is also killed when
// this process dies. A repository and a workspace that the environment names are left
// out, so that dir alone says what the program works on.
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
// GIT_INDEX_FILE, …) or a go.work (GOWORK): git sets the former for hooks, and both would
// take precedence over the folder that a command runs in. GIT_CONFIG… stays, which CI uses
// for safe.directory, and so does GOWORK=off.
func environment(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		repository := strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GIT_CONFIG")
		return repository || strings.HasPrefix(v, "GOWORK=") && v != "GOWORK=off"
	})
}

// Output runs the command and returns what it wrote to standard output. If it
// fails, Words of the error is what it printed.
func Output(cmd *exec.Cmd) ([]byte, error) {
	// On Linux a child is killed when the thread that started it ends, not only
	// when the process does.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if err != nil {
		err = &failure{command: cmd.String(), stdout: strings.TrimSpace(stdout.String()), stderr: strings.TrimSpace(stderr.String()), err: err}
	}
	return stdout.Bytes(), err
}
