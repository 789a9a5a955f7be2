//go:build unix

package scratch_test

import (
	"os"
	"path/filepath"
	"testing"

	"temper/bench/gate/gatetest"
	"temper/bench/gate/scratch"
)

// folderWith makes a folder with one file in it.
func folderWith(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	gatetest.Files(t, dir, map[string]string{file: file})
	return dir
}

func TestCommitLeavesTheRepositoryOfTheEnvironmentAlone(t *testing.T) {
	theirs := folderWith(t, "theirs")
	if err := scratch.Commit(t.Context(), theirs); err != nil {
		t.Fatal(err)
	}
	before := gatetest.Git(t, theirs, "rev-parse", "HEAD")
	t.Setenv("GIT_DIR", filepath.Join(theirs, ".git"))
	t.Setenv("GIT_WORK_TREE", theirs)
	t.Setenv("GIT_INDEX_FILE", filepath.Join(theirs, ".git", "index"))

	ours := folderWith(t, "ours")
	if err := scratch.Commit(t.Context(), ours); err != nil {
		t.Fatal(err)
	}
	if after := gatetest.Git(t, theirs, "rev-parse", "HEAD"); after != before {
		t.Errorf("the commit went to GIT_DIR: %s is now %s", before, after)
	}
	if status := gatetest.Git(t, theirs, "status", "--porcelain"); status != "" {
		t.Errorf("the index of GIT_DIR changed:\n%s", status)
	}
	if files := gatetest.Git(t, ours, "ls-tree", "--name-only", "HEAD"); files != "ours" {
		t.Errorf("committed %q, want ours", files)
	}
}

func TestCommitRunsNoHook(t *testing.T) {
	hooks := t.TempDir()
	if err := os.WriteFile(filepath.Join(hooks, "pre-commit"), []byte("#!/bin/sh\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_CONFIG_COUNT", "1")
	t.Setenv("GIT_CONFIG_KEY_0", "core.hooksPath")
	t.Setenv("GIT_CONFIG_VALUE_0", hooks)
	if err := scratch.Commit(t.Context(), folderWith(t, "file")); err != nil {
		t.Error(err)
	}
}
