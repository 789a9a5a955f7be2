//go:build unix

package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// A Folder is a temporary folder with a lock, by which later runs see whether the owner
// still runs. The kernel releases the lock even if the owner was killed.
type Folder struct {
	Dir  string
	lock *os.File
}

const folderPattern = "gate-work-*"

// New makes a folder and locks it.
func New() (*Folder, error) {
	dir, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		return nil, err
	}
	lock, err := Lock(dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &Folder{dir, lock}, nil
}

// Remove deletes the folder with everything in it.
func (f *Folder) Remove() error {
	defer f.lock.Close()
	return os.RemoveAll(f.Dir)
}

// RemoveLeftovers deletes the folders of runs that were killed. It leaves those that
// changed within the last minute, because their owner may be about to take the lock.
func RemoveLeftovers() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), folderPattern))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if lock, err := Lock(dir); err == nil {
			os.RemoveAll(dir)
			lock.Close()
		}
	}
}

// Lock takes a folder's lock, and fails at once if another process holds it. Closing the
// file gives it back.
func Lock(dir string) (*os.File, error) {
	lock, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return lock, nil
}
