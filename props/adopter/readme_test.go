package sampler_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// An adopter does what README.md says, in a module of its own beside a clone.
func TestReadmeSaysAllThatAnAdopterHasToDo(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Check your implementation")
	_, after, _ := strings.Cut(section, "```sh\n")
	commands, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("README.md has no commands for adopters")
	}
	parent := t.TempDir()
	mine := filepath.Join(parent, "mine")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(parent, "temper")); err != nil {
		t.Skipf("NOT TESTED: no symbolic links here: %v", err)
	}
	for _, name := range []string{"sampler.go", "sampler_test.go"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(mine, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(mine, "go.mod"), []byte("module example.com/sampler\n\ngo 1.23\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-e", "-c", commands)
	cmd.Dir = mine
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-buildvcs=false", "GOWORK=off", "RAPID_CHECKS=2")
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "GOPROXY=off") {
		t.Skipf("NOT TESTED: the module cache lacks something\n%s", out)
	}
	if err != nil || !strings.Contains(string(out), "ok  \texample.com/sampler\t") {
		t.Errorf("%v by\n%s%s", err, commands, out)
	}
}
