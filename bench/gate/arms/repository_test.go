//go:build unix

package arms

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temper/bench/gate/child"
	"temper/bench/gate/gatetest"
)

// copied copies the work tree around a folder, and returns where.
func copied(t *testing.T, dir string) (head string) {
	t.Helper()
	repo, err := openRepository(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	head = filepath.Join(t.TempDir(), "head")
	if err := repo.copyWorkTree(t.Context(), head); err != nil {
		t.Fatal(err)
	}
	return head
}

func TestHeadIsTheWorkTreeAndBaseTheCommit(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{
		"sub/go.mod": "module m\n\ngo 1.24\n", "sub/kept": "committed", "gone": "committed", ".gitignore": "ignored\n",
		"unreleased": "$Format:%H$", ".gitattributes": "unreleased export-ignore export-subst\n",
	})
	if err := os.Symlink("kept", filepath.Join(dir, "sub", "link")); err != nil {
		t.Fatal(err)
	}
	gatetest.Files(t, dir, map[string]string{"sub/kept": "edited", "sub/new": "untracked", "ignored": "ignored"})
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	repo, err := openRepository(t.Context(), filepath.Join(dir, "sub"))
	if err != nil {
		t.Fatal(err)
	}
	if repo.module != "sub/" {
		t.Errorf("the module is at %q", repo.module)
	}
	was, is := filepath.Join(t.TempDir(), "base"), filepath.Join(t.TempDir(), "head")
	if err := repo.copyCommit(t.Context(), "HEAD", was); err != nil {
		t.Fatal(err)
	}
	if err := repo.copyWorkTree(t.Context(), is); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		was + "/sub/kept": "committed", was + "/gone": "committed", was + "/sub/new": "", was + "/ignored": "", was + "/unreleased": "$Format:%H$",
		is + "/sub/kept": "edited", is + "/gone": "", is + "/sub/new": "untracked", is + "/ignored": "", is + "/sub/link": "edited",
	} {
		text, err := os.ReadFile(path)
		if string(text) != want || (want == "") != errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s holds %q (%v), want %q", path, text, err, want)
		}
	}
}

// Without this, the copy of testdata/kept would be written through the copy of the link,
// and the file that it was to be read from would be lost.
func TestFolderThatBecameALinkIsCopiedAsALinkAndKeepsItsFiles(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{"testdata/kept": "theirs", "other": ""})
	moved := filepath.Join(t.TempDir(), "testdata")
	if err := os.Rename(filepath.Join(dir, "testdata"), moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, filepath.Join(dir, "testdata")); err != nil {
		t.Fatal(err)
	}
	head := copied(t, dir)
	for _, path := range []string{moved, filepath.Join(head, "testdata")} {
		if text, err := os.ReadFile(filepath.Join(path, "kept")); string(text) != "theirs" {
			t.Errorf("%s/kept holds %q, %v", path, text, err)
		}
	}
}

func TestMergeThatIsNotFinishedIsCopied(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{"file": "base"})
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	blob := gatetest.Git(t, dir, "hash-object", "-w", "file")
	stages := ""
	for stage := 1; stage <= 3; stage++ {
		stages += fmt.Sprintf("120000 %s %d\tlink\n", blob, stage)
	}
	index := child.Command(t.Context(), dir, "git", "update-index", "--index-info")
	index.Stdin = strings.NewReader(stages)
	if _, err := child.Output(index); err != nil {
		t.Fatal(err)
	}
	head := copied(t, dir)
	if target, err := os.Readlink(filepath.Join(head, "link")); target != "file" {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}

func TestFolderOutweighsTheRepositoryThatAHookExports(t *testing.T) {
	theirs, ours := gatetest.Repository(t, map[string]string{"file": "theirs"}), gatetest.Repository(t, map[string]string{"file": "ours"})
	t.Setenv("GIT_DIR", filepath.Join(theirs, ".git"))
	t.Setenv("GIT_WORK_TREE", theirs)
	repo, err := openRepository(t.Context(), ours)
	if err != nil {
		t.Fatal(err)
	}
	if root, err := filepath.EvalSymlinks(ours); err != nil || repo.root != root {
		t.Errorf("the repository is at %s, want %s (%v)", repo.root, root, err)
	}
}

func TestReplacementsOutsideTheRepositoryLeadToTheSameFolder(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{
		"go.mod":          "module m\n\ngo 1.24\n\nreplace near => ./near\n\nreplace far v1.0.0 => ../far\n",
		"near/go.mod":     "module near\n",
		"near/near.go":    "package near\n",
		"deep/below/b.go": "package below\n",
	})
	for _, from := range []string{".", "deep/below"} {
		repo, err := openRepository(t.Context(), filepath.Join(dir, from))
		if err != nil {
			t.Fatal(err)
		}
		was := filepath.Join(t.TempDir(), "base")
		if err := repo.copyCommit(t.Context(), "HEAD", was); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(was, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"near => ./near", "far v1.0.0 => " + filepath.Join(filepath.Dir(repo.root), "far")} {
			if !strings.Contains(string(text), want) {
				t.Errorf("from %s, go.mod lacks %q:\n%s", from, want, text)
			}
		}
	}
}
