//go:build unix

package scratch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestNextRunRemovesWhatAKilledOneLeft(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	killed, err := New()
	if err != nil {
		t.Fatal(err)
	}
	killed.lock.Close() // as the kernel does to a process that was killed
	age(t, killed.Dir)
	RemoveLeftovers()
	if _, err := os.Stat(killed.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", killed.Dir, err)
	}
}

func TestNextRunRemovesAFolderThatNeverGotItsLock(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, err := os.MkdirTemp("", folderPattern)
	if err != nil {
		t.Fatal(err)
	}
	RemoveLeftovers()
	if _, err := os.Stat(dir); err != nil {
		t.Errorf("removed though its owner may be about to lock it: %v", err)
	}
	age(t, dir)
	RemoveLeftovers()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestNextRunSparesTheFolderOfOneThatLives(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	alive, err := New()
	if err != nil {
		t.Fatal(err)
	}
	age(t, alive.Dir)
	RemoveLeftovers()
	if _, err := os.Stat(alive.Dir); err != nil {
		t.Errorf("removed while in use: %v", err)
	}
	if err := alive.Remove(); err != nil {
		t.Error(err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// age makes a folder look an hour old.
func age(t *testing.T, dir string) {
	t.Helper()
	then := time.Now().Add(-time.Hour)
	if err := os.Chtimes(dir, then, then); err != nil {
		t.Fatal(err)
	}
}
