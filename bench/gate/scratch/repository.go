//go:build unix

package scratch

import (
	"context"
	"fmt"

	"temper/bench/gate/child"
)

// Commit makes dir a git repository, if it is not one, and commits everything in
// it. No hook runs, and nothing outside dir is touched.
func Commit(ctx context.Context, dir string) error {
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"add", "--all"},
		{"-c", "user.name=gate", "-c", "user.email=gate@localhost", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null",
			"commit", "--quiet", "--message=all"},
	} {
		if _, err := child.Output(child.Command(ctx, dir, "git", args...)); err != nil {
			return fmt.Errorf("in %s: %w", dir, err)
		}
	}
	return nil
}
