//go:build unix

package arms

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"temper/bench/gate/child"
)

// Trees are the copies of a repository that the arms are built from. Without a
// commit, all arms are built from the work tree.
type Trees struct {
	Commit  string // full hash of base, "" without a commit
	Head    string // full hash of the last commit below the work tree, "" before the first
	work    string // a folder for everything temporary
	modules [Count]string
}

// CopyTrees copies the work tree around dir into the folder work and, unless ref is
// empty, the commit that ref names as well. It says what it does.
func CopyTrees(ctx context.Context, dir, ref, work string, say func(format string, args ...any)) (Trees, error) {
	repo, err := openRepository(ctx, dir)
	if err != nil {
		return Trees{}, err
	}
	trees := Trees{work: work}
	if ref != "" {
		if trees.Commit, err = repo.resolve(ctx, ref); err != nil {
			return Trees{}, err
		}
	}
	trees.Head, _ = repo.resolve(ctx, "HEAD")
	tree := func(arm Arm) string { return filepath.Join(work, arm.String()) }
	module := func(arm Arm) string { return filepath.Join(tree(arm), repo.module) }
	say("copying the work tree")
	if err := repo.copyWorkTree(ctx, tree(Head)); err != nil {
		return Trees{}, err
	}
	trees.modules = [Count]string{module(Head), module(Head), module(Head)}
	if trees.Commit == "" {
		return trees, nil
	}
	say("copying base %s", trees.Commit)
	trees.modules[Base], trees.modules[Same] = module(Base), module(Base)
	return trees, repo.copyCommit(ctx, trees.Commit, tree(Base))
}

// Check runs a shell command in the module of an arm. It returns an *Error if the
// command fails.
func (t Trees) Check(ctx context.Context, arm Arm, shell string) error {
	if _, err := os.Stat(t.modules[arm]); err != nil {
		return fmt.Errorf("nothing to check in %s: git has no file in the folder of the module", arm)
	}
	cmd := child.Command(ctx, t.modules[arm], "sh", "-c", shell)
	cmd.Env = append(cmd.Environ(), "TMPDIR="+t.work)
	_, err := child.Output(cmd)
	var exit *exec.ExitError
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case !errors.As(err, &exit):
		return fmt.Errorf("check of %s: %w", arm, err)
	}
	return &Error{arm, fmt.Sprintf("fails its check (%s), so it is not timed:\n%s", shell, child.Excerpt(child.AllWords(err)))}
}
