package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A workspace is a temporary folder that lives as long as the run. Its lock file
// tells a later run whether the owner is still there: the kernel drops the lock
// even when the owner was killed.
type workspace struct {
	dir  string
	lock *os.File
}

const workspacePattern = "gate-work-*"

func newWorkspace() (*workspace, error) {
	dir, err := os.MkdirTemp("", workspacePattern)
	if err != nil {
		return nil, err
	}
	lock, err := os.Create(lockPath(dir))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return &workspace{dir, lock}, nil
}

func (w *workspace) remove() error {
	defer w.lock.Close()
	return os.RemoveAll(w.dir)
}

// removeLeftovers deletes the workspaces of runs that were killed. Those younger
// than a minute are spared: their owner may be about to take the lock.
func removeLeftovers() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), workspacePattern))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Stat(lockPath(dir))
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := os.Open(lockPath(dir))
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

func lockPath(dir string) string { return filepath.Join(dir, "lock") }
