//go:build unix

package gatetest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temper/bench/gate/child"
	"temper/bench/gate/scratch"
)

// Repository makes a git repository with these files as its only commit, and
// returns its folder.
func Repository(t *testing.T, files map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	Files(t, dir, files)
	if err := scratch.Commit(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Files writes files into a folder, given by their paths in it.
func Files(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Git runs a git command in a folder and returns what it prints.
func Git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := child.Output(child.Command(t.Context(), dir, "git", args...))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
