//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"temper/bench/gate/child"
	"temper/bench/gate/gatetest"
	"temper/bench/gate/report"
)

const adoptersModule = "module example.org/mine\n\ngo 1.23\n"

// An adopter does what README.md says, beside a clone, and keeps an older go.mod.
func TestReadmeGivesAdoptersAGateThatLeavesTheirModuleAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: the gate is built and run twice by each way")
	}
	blocks := readmeCommands(t)
	if len(blocks) != 2 {
		t.Fatalf("README.md has %d ways to use the gate in another module, want 2", len(blocks))
	}
	for i, says := range []string{"go tool -modfile=tools/go.mod gate -base ", "../gate -base "} {
		dir := adopter(t)
		out, code := shell(t, dir, quickly(blocks[i]))
		if code != report.ExitUnclear {
			t.Fatalf("exit %d by\n%s%s", code, blocks[i], out)
		}
		if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err != nil || string(text) != adoptersModule {
			t.Errorf("%v, go.mod became\n%s", err, text)
		}
		r, err := report.Read(filepath.Join(dir, "gate.out"))
		if err != nil || len(r.Rows) != 1 {
			t.Fatalf("%v\n%+v", err, r)
		}
		again := r.Rows[0].Reproduce
		if !strings.HasPrefix(again, says) {
			t.Errorf("typed %q, and told %q", says, again)
		}
		if out, code := shell(t, dir, quickly(again)); code != report.ExitUnclear {
			t.Errorf("%s: exit %d\n%s", again, code, out)
		}
	}
}

// readmeCommands are the blocks of shell commands of the section about other modules.
func readmeCommands(t *testing.T) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "## In another module")
	for _, after := range strings.Split(section, "```sh\n")[1:] {
		block, _, _ := strings.Cut(after, "```")
		blocks = append(blocks, block)
	}
	return blocks
}

// quickly ends the gate after its first look at the clock: nothing is timed.
func quickly(command string) string {
	return strings.ReplaceAll(command, " -base ", " -budget 1ms -base ")
}

// adopter is a module with a benchmark, committed, beside this one.
func adopter(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(root, filepath.Join(parent, "temper")); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(parent, "mine")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	gatetest.Files(t, dir, map[string]string{
		"go.mod":       adoptersModule,
		"mine_test.go": "package mine\n\nimport \"testing\"\n\nfunc BenchmarkNothing(b *testing.B) {\n\tfor i := 0; i < b.N; i++ {\n\t}\n}\n",
	})
	if _, code := shell(t, dir, "git init -q && git add -A && git -c user.name=a -c user.email=a@example.org -c commit.gpgsign=false commit -qm all && git update-ref refs/remotes/origin/main HEAD"); code != 0 {
		t.Fatal("git fails")
	}
	return dir
}

// shell runs commands of an adopter, offline: the modules that the gate was built
// from are all that it needs.
func shell(t *testing.T, dir, commands string) (out string, code int) {
	t.Helper()
	cmd := child.Command(t.Context(), dir, "sh", "-e", "-c", commands)
	cmd.Env = append(cmd.Env, "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-buildvcs=false", "GOWORK=off")
	text, err := cmd.CombinedOutput()
	if strings.Contains(string(text), "GOPROXY=off") {
		t.Skipf("NOT TESTED: the module cache lacks something\n%s", text)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return string(text), cmd.ProcessState.ExitCode()
}
