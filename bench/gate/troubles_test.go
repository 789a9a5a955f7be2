//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"temper/bench/gate/decide"
	"temper/bench/gate/gatetest"
	"temper/bench/gate/report"
	"temper/bench/gate/scratch"
)

// benchmarks returns a test file with a benchmark for each name, whose body is given.
func benchmarks(bodies map[string]string) string {
	text := "package demo\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\t\"testing\"\n)\n\nvar _, _ = fmt.Print, os.Exit\n"
	for name, body := range bodies {
		text += "\nfunc Benchmark" + name + "(b *testing.B) {\n" + body + "\n\tfor b.Loop() {\n\t}\n}\n"
	}
	return text
}

// The budget leaves no time for a pair, which makes the test quick, and must not be green.
func TestABenchmarkInTroubleLeavesTheOthersAndTooSmallABudgetIsNotGreen(t *testing.T) {
	printing := `fmt.Println("a line of its own"); fmt.Print("and no end of line")`
	base := map[string]string{
		"Good": "", "Prints": printing, "Timeless": `defer b.ReportMetric(0, "ns/op")`, "Old": "",
		"Fails": `b.Fatal("41")`, "FailsInBoth": `b.Run("part", func(b *testing.B) { b.Fatal("42") })`, "Leaves": `os.Exit(0)`,
	}
	head := map[string]string{
		"Good": "", "Prints": printing, "Timeless": `defer b.ReportMetric(0, "ns/op")`, "Young": `defer b.ReportMetric(0, "ns/op")`,
		"Fails": "", "FailsInBoth": base["FailsInBoth"], "Leaves": "",
	}
	dir := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n\ngo 1.24\n", "demo_test.go": benchmarks(base)})
	gatetest.Files(t, dir, map[string]string{"demo_test.go": benchmarks(head)})
	got := try(t, t.Context(), dir, "-base", "HEAD", "-budget", "1ms")
	if got.exit != report.ExitUnclear || got.report == nil || !strings.Contains(got.stdout, "nothing can be said before") {
		t.Fatalf("exit %d\n%s%s", got.exit, got.stdout, got.stderr)
	}
	rows := map[string]report.Row{}
	for _, row := range got.report.Rows {
		rows[row.Name] = row
	}
	for name, want := range map[string]struct {
		verdict decide.Verdict
		why     string
	}{
		"Good": {decide.Inconclusive, ""}, "Prints": {decide.Inconclusive, ""},
		"Old": {report.Gone, ""}, "Young": {report.New, ""},
		"Timeless":         {decide.Inconclusive, "no time per operation"},
		"FailsInBoth/part": {decide.Inconclusive, "both arms fail it"},
		"Fails":            {decide.Inconclusive, "base fails it, so that there is nothing to compare with: demo_test.go:"},
		"Leaves":           {decide.Inconclusive, "unexpected call to os.Exit(0)"},
	} {
		row, ok := rows[name]
		if !ok || row.Verdict != want.verdict || !strings.Contains(row.Untimed, want.why) || (row.Untimed == "") != (want.why == "") {
			t.Errorf("%s: %v, %q; want %v, %q", name, row.Verdict, row.Untimed, want.verdict, want.why)
		}
		delete(rows, name)
	}
	if len(rows) > 0 {
		t.Errorf("rows that nobody asked for: %v", rows)
	}
	if !strings.Contains(got.stdout, "demo.Fails: not timed: base fails it") || !strings.Contains(got.stdout, "not compared: 1 gone, 1 new") {
		t.Errorf("the table does not say what is left out:\n%s", got.stdout)
	}
}

// An output folder may be one of the user's, and -o . is easily typed.
func TestOutputFolderThatWasThereKeepsItsFiles(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n", ".gitignore": "mine\n", "report.md": "mine", "head.txt": "mine"})
	got := try(t, t.Context(), dir, "-base", "nowhere", "-o", dir)
	if got.exit != report.ExitUsage {
		t.Fatalf("exit %d\n%s", got.exit, got.stderr)
	}
	if status := gatetest.Git(t, dir, "status", "--porcelain", "--ignored"); status != "" {
		t.Errorf("git status says\n%s", status)
	}
}

func TestReportOfAnEarlierRunIsNotTakenForThisOne(t *testing.T) {
	dir, out := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n"}), t.TempDir()
	earlier := []string{"report.md", "report.json", "base.txt", "same.txt", "head.txt", "discarded.txt"}
	for _, name := range earlier {
		gatetest.Files(t, out, map[string]string{name: "{}"})
	}
	try(t, t.Context(), dir, "-base", "nowhere", "-o", out)
	for _, name := range earlier {
		if _, err := os.Stat(filepath.Join(out, name)); err == nil {
			t.Errorf("%s is still there", name)
		}
	}
}

func TestTwoRunsDoNotWriteToOneFolder(t *testing.T) {
	dir, out := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n"}), t.TempDir()
	other, err := scratch.Lock(out)
	if err != nil {
		t.Fatal(err)
	}
	if got := try(t, t.Context(), dir, "-base", "HEAD", "-o", out); got.exit != report.ExitUsage || !strings.Contains(got.stderr, "another run of the gate writes to "+out) {
		t.Errorf("exit %d\n%s", got.exit, got.stderr)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got := try(t, t.Context(), dir, "-base", "nowhere", "-o", out); !strings.Contains(got.stderr, "is no commit") {
		t.Errorf("the folder is free, and yet: %s", got.stderr)
	}
}

func TestFoldersThatAreNoneAreNamed(t *testing.T) {
	dir := gatetest.Repository(t, map[string]string{"go.mod": "module demo\n"})
	for says, args := range map[string][]string{
		"-C nowhere: no such file or directory": {"-base", "HEAD", "-C", "nowhere"},
		"go.mod: not a directory":               {"-base", "HEAD", "-o", filepath.Join(dir, "go.mod")},
	} {
		if got := try(t, t.Context(), dir, args...); got.exit != report.ExitUsage || !strings.Contains(got.stderr, says) {
			t.Errorf("exit %d, want %q\n%s", got.exit, says, got.stderr)
		}
	}
}

func TestMissingGitIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if got := try(t, t.Context(), t.TempDir(), "-base", "HEAD"); got.exit != report.ExitUsage || !strings.Contains(got.stderr, "git is not installed") {
		t.Errorf("exit %d\n%s", got.exit, got.stderr)
	}
}
