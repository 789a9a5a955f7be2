package sampler_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An adopter does what README.md says, in a module of its own beside a clone.
func TestReadmeSaysAllThatAnAdopterHasToDo(t *testing.T) {
	readme := content(t, "README.md")
	_, section, _ := strings.Cut(readme, "## Check your implementation")
	_, after, _ := strings.Cut(section, "```sh\n")
	commands, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("README.md has no commands for adopters")
	}
	mine := module(t)
	copied(t, "sampler_test.go", mine)
	passes(t, mine, commands)
}

// The test has a go.mod of its own, and the module that it tests is nowhere to download from:
// what README.md says is enough to build it.
func TestAFolderWithAGoModOfItsOwnTestsAPrivateModule(t *testing.T) {
	command := regexp.MustCompile("`(go mod edit [^`]*YOUR/MODULE[^`]*)`").FindStringSubmatch(content(t, "props/README.md"))
	if command == nil {
		t.Fatal("props/README.md has no command for a folder with its own go.mod")
	}
	mine := module(t)
	laws := filepath.Join(mine, "laws")
	if err := os.Mkdir(laws, 0o755); err != nil {
		t.Fatal(err)
	}
	copied(t, "sampler_test.go", laws)
	passes(t, laws, "go mod init example.com/sampler/laws\n"+strings.ReplaceAll(command[1], "YOUR/MODULE", "example.com/sampler")+" && go test -run NONE ./...")
	if kept, err := os.ReadFile(filepath.Join(mine, "go.mod")); err != nil || !strings.Contains(string(kept), "go 1.23\n") {
		t.Errorf("%v, the module's own go.mod became\n%s", err, kept)
	}
}

// content is a file of the repository.
func content(t *testing.T, name string) string {
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// module is an older module with the sampler, beside a clone.
func module(t *testing.T) string {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	parent := t.TempDir()
	mine := filepath.Join(parent, "mine")
	if err := os.Mkdir(mine, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(parent, "temper")); err != nil {
		t.Skipf("NOT TESTED: no symbolic links here: %v", err)
	}
	copied(t, "sampler.go", mine)
	if err := os.WriteFile(filepath.Join(mine, "go.mod"), []byte("module example.com/sampler\n\ngo 1.23\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return mine
}

func copied(t *testing.T, name, folder string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// passes runs commands, the last of which tests.
func passes(t *testing.T, folder, commands string) {
	cmd := exec.Command("sh", "-e", "-c", commands)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-buildvcs=false", "GOWORK=off", "RAPID_CHECKS=2")
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "GOPROXY=off") {
		t.Skipf("NOT TESTED: the module cache lacks something\n%s", out)
	}
	if err != nil || !strings.Contains(string(out), "ok  \texample.com/sampler") {
		t.Errorf("%v by\n%s%s", err, commands, out)
	}
}
