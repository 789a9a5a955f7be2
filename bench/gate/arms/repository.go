//go:build unix

package arms

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"temper/bench/gate/child"
)

// A repository is the git work tree around the module under test.
type repository struct {
	root   string // top of the work tree
	module string // the module's folder, relative to root
}

func openRepository(ctx context.Context, dir string) (repository, error) {
	if _, err := os.Stat(dir); err != nil {
		return repository{}, fmt.Errorf("-C %s: %w", dir, errors.Unwrap(err))
	}
	out, err := child.Output(child.Command(ctx, dir, "git", "rev-parse", "--show-toplevel"))
	if errors.Is(err, exec.ErrNotFound) {
		return repository{}, fmt.Errorf("git is not installed: %w", err)
	}
	if err != nil {
		return repository{}, fmt.Errorf("%s is not in a git work tree: %s", dir, child.Words(err))
	}
	prefix, err := child.Output(child.Command(ctx, dir, "git", "rev-parse", "--show-prefix"))
	if err != nil {
		return repository{}, err
	}
	return repository{strings.TrimSuffix(string(out), "\n"), strings.TrimSuffix(string(prefix), "\n")}, nil
}

// resolve returns the full hash of a commit.
func (r repository) resolve(ctx context.Context, ref string) (string, error) {
	out, err := child.Output(child.Command(ctx, r.root, "git", "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}"))
	if err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	shallow, _ := child.Output(child.Command(ctx, r.root, "git", "rev-parse", "--is-shallow-repository"))
	if strings.TrimSpace(string(shallow)) == "true" {
		return "", fmt.Errorf("base %q is not in this shallow clone: fetch it first (git fetch --unshallow; with actions/checkout, fetch-depth: 0)", ref)
	}
	return "", fmt.Errorf("base %q is no commit of %s", ref, r.root)
}

// copyCommit writes a commit's files to dir. It uses an index of its own, so that
// nothing under .git changes. (git archive would leave out some files and change
// others, where .gitattributes says so for releases.)
func (r repository) copyCommit(ctx context.Context, commit, dir string) error {
	index := dir + ".index"
	defer os.Remove(index)
	for _, args := range [][]string{{"read-tree", commit}, {"checkout-index", "--all", "--prefix=" + dir + "/"}} {
		cmd := child.Command(ctx, r.root, "git", args...)
		cmd.Env = append(cmd.Env, "GIT_INDEX_FILE="+index)
		if _, err := child.Output(cmd); err != nil {
			return err
		}
	}
	return r.keepReplacements(ctx, dir)
}

// copyWorkTree writes the work tree to dir as it is, with uncommitted and untracked
// files but without those that git ignores. The head is built from this copy so that
// edits during the run do not change it, and so that the paths of both arms have the
// same length. A file behind a symbolic link is left out, as git does: its folder was
// replaced by the link, and the copy would be written to wherever the link leads.
func (r repository) copyWorkTree(ctx context.Context, dir string) error {
	out, err := child.Output(child.Command(ctx, r.root, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
	if err != nil {
		return err
	}
	links, seen := folders{root: r.root, behindLink: map[string]bool{".": false}}, map[string]bool{}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if seen[name] || links.behind(filepath.Dir(name)) {
			continue
		}
		seen[name] = true // in a merge that is not finished, git lists a file several times
		err := copyFile(filepath.Join(r.root, name), filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // a file that was deleted, which is not committed yet
			return err
		}
	}
	return r.keepReplacements(ctx, dir)
}

// folders remembers which folders of a tree are symbolic links or lie behind one.
type folders struct {
	root       string
	behindLink map[string]bool
}

func (f folders) behind(folder string) bool {
	known, ok := f.behindLink[folder]
	if !ok {
		info, err := os.Lstat(filepath.Join(f.root, folder))
		known = f.behind(filepath.Dir(folder)) || err == nil && info.Mode()&fs.ModeSymlink != 0
		f.behindLink[folder] = known
	}
	return known
}

// copyFile copies a file or a symbolic link. It leaves out a folder, which is that of a
// submodule (the base lacks it too), and what is no file, such as a pipe.
func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil {
		return err
	}
	link := info.Mode()&fs.ModeSymlink != 0
	if !link && !info.Mode().IsRegular() {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	if link {
		target, err := os.Readlink(from)
		if err != nil {
			return err
		}
		return os.Symlink(target, to)
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm()|0o200)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
