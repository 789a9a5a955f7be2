package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
)

// suites are the tests that hold what is timed to the laws, and the packages that they
// are in.
var suites = []string{"TestEveryVariantKeepsTheLaws", "TestEverySamplerKeepsTheLaws"}

var suitesAreIn = []string{"temper/bench/simd", "temper/bench/sorting"}

// checkLaws runs the law suite on every implementation, in a process of its own: the
// suite's packages register flags. What the machine cannot run is named.
func checkLaws(progress io.Writer) error {
	fmt.Fprintln(progress, "checking every implementation against the laws")
	args := append([]string{"test", "-json", "-count=1", "-run=^(" + strings.Join(suites, "|") + ")$"}, suitesAreIn...)
	// A file of the failing input would be tried first, before any other, by every later run.
	out, err := exec.Command("go", append(args, "-rapid.nofailfile")...).CombinedOutput()
	return readLaws(progress, out, err)
}

// readLaws tells broken laws from a suite that did not run, as where the module
// is not found or does not build.
func readLaws(progress io.Writer, out []byte, failed error) error {
	run := readTests(out)
	for line := range strings.Lines(run.all) {
		if strings.Contains(line, "NOT TESTED") {
			fmt.Fprintf(progress, "  %s\n", strings.TrimSpace(line))
		}
	}
	broken := run.failures()
	switch {
	case failed != nil && len(broken) > 0:
		return fmt.Errorf("an implementation is wrong, so nothing was timed:\n%s", strings.Join(broken, "\n"))
	case failed != nil:
		return fmt.Errorf("the laws could not be tried, so nothing was timed: %w (run it in this module or in one that requires temper)\n%s", failed, run.all)
	}
	for _, suite := range suites {
		if !strings.Contains(run.all, "--- PASS: "+suite+"/") {
			return fmt.Errorf("%s checked nothing:\n%s", suite, run.all)
		}
	}
	return nil
}

// tests are what go test -json said.
type tests struct {
	all    string // all words, those of no test too
	failed []string
	said   map[string]string // by test
}

// readTests reads the lines of go test -json. A line that is not JSON, such as a go
// command prints that finds no package, belongs to no test.
func readTests(out []byte) tests {
	t := tests{said: map[string]string{}}
	for line := range bytes.Lines(out) {
		var event struct{ Action, Test, Output string }
		if json.Unmarshal(line, &event) != nil {
			t.all += string(line)
			continue
		}
		t.all += event.Output
		t.said[event.Test] += event.Output
		if event.Action == "fail" && event.Test != "" {
			t.failed = append(t.failed, event.Test)
		}
	}
	return t
}

// failures are the words of the tests that failed by themselves, not only by
// what they contain.
func (t tests) failures() (words []string) {
	for _, test := range t.failed {
		said := finding(t.said[test])
		contains := false
		for _, other := range t.failed {
			contains = contains || strings.HasPrefix(other, test+"/")
		}
		if !contains {
			words = append(words, test+"\n"+said)
		}
	}
	return words
}

var frame = regexp.MustCompile(`(?m)^(=== |--- FAIL|    --- FAIL).*\n|^    \S+\.go:\d+: (\[rapid\] failed after \d+ tests: )?`)

// finding is what a test said, without the names of files and without the
// repetition of it that rapid appends.
func finding(said string) string {
	said, _, _ = strings.Cut(said, "        Failed test output:\n")
	return frame.ReplaceAllStringFunc(said, func(mark string) string {
		if strings.HasSuffix(mark, "\n") {
			return ""
		}
		return "    "
	})
}
