//go:build unix

package scratch

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"
)

// Commit makes dir a git repository, if it isn't one, and commits everything in
// it. No hook runs, and nothing outside dir is touched.
func Commit(ctx context.Context, dir string) error {
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"add", "--all"},
		{"-c", "user.name=gate", "-c", "user.email=gate@localhost", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null",
			"commit", "--quiet", "--message=all"},
	} {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		cmd.Env = Environment(cmd.Environ())
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("git %s in %s: %w\n%s", strings.Join(args, " "), dir, err, out)
		}
	}
	return nil
}

// Environment leaves out what names a repository (GIT_DIR, GIT_WORK_TREE,
// GIT_INDEX_FILE, …): git exports it to hooks, where it would outweigh the folder
// that a command runs in. GIT_CONFIG… stays, which CI uses for safe.directory.
func Environment(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		return strings.HasPrefix(v, "GIT_") && !strings.HasPrefix(v, "GIT_CONFIG")
	})
}
