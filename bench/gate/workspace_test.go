package main

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"
)

func TestNextRunRemovesWhatAKilledOneLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	killed, err := newWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	age(t, killed)
	killed.lock.Close() // as the kernel does to a process that was killed
	removeLeftovers()
	if _, err := os.Stat(killed.dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", killed.dir, err)
	}
}

func TestNextRunSparesTheFolderOfOneThatLives(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	alive, err := newWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	age(t, alive)
	removeLeftovers()
	if _, err := os.Stat(alive.dir); err != nil {
		t.Errorf("removed while in use: %v", err)
	}
	if err := alive.remove(); err != nil {
		t.Error(err)
	}
}

// age makes a workspace look an hour old.
func age(t *testing.T, w *workspace) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(lockPath(w.dir), then, then); err != nil {
		t.Fatal(err)
	}
}
