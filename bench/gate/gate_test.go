//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/arms"
	"temper/bench/gate/decide"
	"temper/bench/gate/gatetest"
	"temper/bench/gate/report"
	"temper/bench/gate/scratch"
	"temper/bench/gate/selfcheck"
)

// tried is what became of one call of the command.
type tried struct {
	exit           int
	stdout, stderr string
	report         *report.Report // nil if there was none
	out            string         // folder of what was written
}

// try calls the command as main does.
func try(t *testing.T, ctx context.Context, dir string, args ...string) tried {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	var stdout strings.Builder
	got := tried{out: out}
	got.exit = run(ctx, append([]string{"-C", dir, "-o", out}, args...), &stdout, stderr)
	messages, err := os.ReadFile(stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	got.stdout, got.stderr = stdout.String(), string(messages)
	got.report, err = report.Read(out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return got
}

// demoRepository is the demo, committed.
func demoRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := selfcheck.Unchanged.Write(dir); err != nil {
		t.Fatal(err)
	}
	if err := scratch.Commit(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPlantedSlowdownAndAllocationAreRed(t *testing.T) {
	gatetest.NeedsSlow(t)
	dir := demoRepository(t)
	changed := selfcheck.Demo{Steps: 5 * selfcheck.Unchanged.Steps, Allocations: selfcheck.Unchanged.Allocations + 1}
	if err := changed.Write(dir); err != nil {
		t.Fatal(err)
	}
	got := try(t, t.Context(), dir, "-base", "HEAD", "-bench", "Compute|Allocate", "-budget", "1m")
	conclusive(t, got)
	if got.exit != report.ExitRegression {
		t.Fatalf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	if red := redRows(got.report); !slices.Equal(red, []string{"demo.Compute", "demo.Allocate"}) {
		t.Errorf("red rows: %v", red)
	}
	if len(got.report.Head) != 40 || got.report.Head != got.report.Commit {
		t.Errorf("the head is on %q, the base is %q", got.report.Head, got.report.Commit)
	}
	if !strings.Contains(got.stdout, "allocs/op went from 3 to 4") {
		t.Errorf("the table does not tell the allocation:\n%s", got.stdout)
	}
	for _, row := range got.report.Rows {
		if len(row.Profiles) != 2 {
			t.Fatalf("%s has profiles %v", row.Title(), row.Profiles)
		}
		for _, path := range row.Profiles {
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("profile %s: %v", path, err)
			}
		}
		if !strings.Contains(row.Reproduce, "-bench '^Benchmark"+row.Name+"$'") {
			t.Errorf("%s is reproduced with %s", row.Title(), row.Reproduce)
		}
	}
	for arm := range arms.Count {
		if n := countResults(t, filepath.Join(got.out, arm.SamplesFile()), "Compute"); n != got.report.Rows[0].Timing.Pairs {
			t.Errorf("%s has %d results of Compute, the report %d pairs", arm.SamplesFile(), n, got.report.Rows[0].Timing.Pairs)
		}
	}
	if markdown, err := os.ReadFile(filepath.Join(got.out, "report.md")); err != nil || !strings.Contains(string(markdown), "| `demo.Compute` |") {
		t.Errorf("report.md: %v\n%s", err, markdown)
	}
}

func redRows(r *report.Report) (titles []string) {
	for _, row := range r.Rows {
		if row.Red() {
			titles = append(titles, row.Title())
		}
	}
	return titles
}

func countResults(t *testing.T, path, name string) (n int) {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for reader := benchfmt.NewReader(file, path); reader.Scan(); {
		if result, ok := reader.Result().(*benchfmt.Result); ok && string(result.Name) == name {
			n++
		}
	}
	return n
}

func TestUnchangedTreeIsNotRed(t *testing.T) {
	gatetest.NeedsSlow(t)
	dir := demoRepository(t)
	gatetest.Git(t, dir, "checkout", "--quiet", "--detach")
	gatetest.Files(t, dir, map[string]string{"untracked_test.go": "package demo\n\nimport \"testing\"\n\nfunc BenchmarkComputeMore(b *testing.B) {\n\tfor b.Loop() {\n\t\tcompute(100)\n\t}\n}\n"})
	before := fingerprint(t, filepath.Join(dir, ".git"))
	got := try(t, t.Context(), dir, "-base", "HEAD", "-bench", "Compute", "-budget", "30s")
	if got.exit != report.ExitPass && got.exit != report.ExitUnclear {
		t.Errorf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	if got.report == nil || len(got.report.Rows) != 2 || got.report.Rows[1].Verdict != report.New {
		t.Errorf("the untracked benchmark is not NEW:\n%s", got.stdout)
	}
	if after := fingerprint(t, filepath.Join(dir, ".git")); after != before {
		t.Errorf(".git changed:\n%s\n\n%s", before, after)
	}
}

// fingerprint lists a folder's files with sizes and times.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var list strings.Builder
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		fmt.Fprintln(&list, path, info.Size(), info.ModTime().UnixNano())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list.String()
}

func TestImplementationsAreComparedAsArms(t *testing.T) {
	gatetest.NeedsSlow(t)
	dir := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n\ngo 1.24\n", "demo_test.go": `package demo

import "testing"

var sum uint64

func BenchmarkChain(b *testing.B) {
	for name, steps := range map[string]int{"short": 10_000, "long": 50_000} {
		b.Run("vocab=5/impl="+name, func(b *testing.B) {
			for b.Loop() {
				x := uint64(1)
				for range steps {
					x = x*6364136223846793005 + 1442695040888963407
				}
				sum = x
			}
		})
	}
}
`})
	got := try(t, t.Context(), dir, "-arm", "impl=long", "-base-arm", "impl=short", "-budget", "1m")
	conclusive(t, got)
	if got.exit != report.ExitRegression {
		t.Fatalf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	if red := redRows(got.report); !slices.Equal(red, []string{"demo.Chain/vocab=5"}) {
		t.Errorf("red rows: %v", red)
	}
	if again := got.report.Rows[0].Reproduce; !strings.Contains(again, "-bench '^BenchmarkChain$/^vocab=5$/^(impl=short|impl=long)$'") {
		t.Errorf("the row is reproduced with %s", again)
	}
}

func TestWhatCannotBeComparedExitsTwoAndSaysWhy(t *testing.T) {
	const module, good, bench = "module demo\n\ngo 1.24\n", "package demo\n", "package demo\n\nimport \"testing\"\n\nfunc BenchmarkNothing(b *testing.B) {\n\tfor b.Loop() {\n\t}\n}\n"
	for _, c := range []struct {
		name       string
		base, head map[string]string
		args       []string
		says       string
	}{
		{"no such commit", map[string]string{"go.mod": module, "demo_test.go": bench}, nil, []string{"-base", "nowhere"}, `"nowhere" is no commit`},
		{"base without benchmarks", map[string]string{"go.mod": module, "demo.go": good}, map[string]string{"demo_test.go": bench}, []string{"-base", "HEAD"}, "base HEAD has no benchmark that matches"},
		{"no benchmarks", map[string]string{"go.mod": module, "demo.go": good}, nil, []string{"-base", "HEAD"}, "no benchmark matches"},
		{"base does not build", map[string]string{"go.mod": module, "demo_test.go": bench + "var x int = true\n"}, map[string]string{"demo_test.go": bench}, []string{"-base", "HEAD"}, "base does not build"},
		{"head does not build", map[string]string{"go.mod": module, "demo_test.go": bench}, map[string]string{"demo_test.go": bench + "var x int = true\n"}, []string{"-base", "HEAD"}, "head does not build"},
		{"a wrong name among right ones", map[string]string{"go.mod": module, "demo_test.go": bench}, nil, []string{"-base", "HEAD", "./...", "./typo"}, "no package matches \"./typo\"\nbase: stat ./typo: directory not found"},
		{"bad margin", map[string]string{"go.mod": module}, nil, []string{"-base", "HEAD", "-margin", "lots"}, "want a slowdown"},
		{"half the arms", map[string]string{"go.mod": module}, nil, []string{"-arm", "impl=a"}, "go together"},
		{"nothing to compare with", map[string]string{"go.mod": module}, nil, nil, "what to compare with"},
		{"base fails its check", map[string]string{"go.mod": module, "demo_test.go": bench, "wrong": ""}, nil, []string{"-base", "HEAD", "-check", "test ! -e wrong"}, "base fails its check"},
		{"missing waivers", map[string]string{"go.mod": module, "demo_test.go": bench}, nil, []string{"-base", "HEAD", "-waivers", "nowhere"}, "nowhere"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := gatetest.Repository(t, c.base)
			gatetest.Files(t, dir, c.head)
			got := try(t, t.Context(), dir, c.args...)
			if got.exit != report.ExitUsage || !strings.Contains(got.stderr, c.says) {
				t.Errorf("exit %d, want %d and %q\n%s", got.exit, report.ExitUsage, c.says, got.stderr)
			}
		})
	}
}

func TestFolderOutsideGitExitsTwo(t *testing.T) {
	got := try(t, t.Context(), t.TempDir(), "-base", "HEAD")
	if got.exit != report.ExitUsage || !strings.Contains(got.stderr, "not in a git work tree") {
		t.Errorf("exit %d\n%s", got.exit, got.stderr)
	}
}

// The folder of the module is ignored by git, so that neither arm has it.
func TestCheckOfAFolderThatGitIgnoresIsNoRegression(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{".gitignore": "sub\n"})
	gatetest.Files(t, dir, map[string]string{"sub/go.mod": "module demo\n"})
	got := try(t, t.Context(), dir, "-C", filepath.Join(dir, "sub"), "-base", "HEAD", "-check", "true")
	if got.exit != report.ExitUsage || !strings.Contains(got.stderr, "git has no file in the folder") {
		t.Errorf("exit %d\n%s", got.exit, got.stderr)
	}
}

func TestShallowCloneIsToldToFetch(t *testing.T) {
	dir := demoRepository(t)
	first := gatetest.Git(t, dir, "rev-parse", "HEAD")
	gatetest.Files(t, dir, map[string]string{"more": ""})
	if err := scratch.Commit(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	clone := filepath.Join(t.TempDir(), "clone")
	gatetest.Git(t, dir, "clone", "--quiet", "--depth=1", "file://"+dir, clone)
	got := try(t, t.Context(), clone, "-base", first)
	if got.exit != report.ExitUsage || !strings.Contains(got.stderr, "fetch-depth: 0") {
		t.Errorf("exit %d\n%s", got.exit, got.stderr)
	}
}

func TestWrongHeadIsARegressionAndIsNotTimed(t *testing.T) {
	dir := demoRepository(t)
	t.Run("check", func(t *testing.T) {
		gatetest.Files(t, dir, map[string]string{"wrong": ""})
		got := try(t, t.Context(), dir, "-base", "HEAD", "-check", "test ! -e wrong")
		if got.exit != report.ExitRegression || !strings.Contains(got.stderr, "head fails its check") {
			t.Errorf("exit %d\n%s", got.exit, got.stderr)
		}
	})
	t.Run("benchmark", func(t *testing.T) {
		gatetest.Files(t, dir, map[string]string{"wrong_test.go": "package demo\n\nimport \"testing\"\n\nfunc BenchmarkWrong(b *testing.B) { b.Fatal(\"the answer is 41\") }\n"})
		got := try(t, t.Context(), dir, "-base", "HEAD")
		if got.exit != report.ExitRegression || !strings.Contains(got.stderr, "the answer is 41") {
			t.Errorf("exit %d\n%s", got.exit, got.stderr)
		}
	})
}

// conclusive skips where the machine let the gate say nothing of some row: a row
// that passes wrongly and a broken gate are failures still.
func conclusive(t *testing.T, got tried) {
	t.Helper()
	if got.report == nil {
		t.Fatalf("exit %d\n%s", got.exit, got.stderr)
	}
	for _, row := range got.report.Rows {
		if row.Verdict == decide.Inconclusive {
			t.Skipf("the machine is too busy to judge %s: %s", row.Title(), got.report.Reason)
		}
	}
}
