//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Anybody who may open a pull request names a branch, and make gate hands the name on.
func TestBranchNamesAreArgumentsAndNoCommands(t *testing.T) {
	maker, err := exec.LookPath("make")
	if err != nil {
		t.Skip("NOT TESTED: make is not installed")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	printer, bait := filepath.Join(dir, "go"), filepath.Join(dir, "bait")
	if err := os.WriteFile(printer, []byte("#!/bin/sh\nprintf '%s\\n' \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"origin/main", "two words", "a'b", `a"b`, "a;touch " + bait, "a`touch " + bait + "`", "$(touch " + bait + ")",
		"$(shell touch " + bait + ")", "a\"; touch " + bait + "; \"", "a#b", `a\b`, "a$b", "*",
	} {
		asVariable := exec.Command(maker, "-s", "-C", root, "gate", "GO="+printer)
		asVariable.Env = append(os.Environ(), "BASE="+name)
		asArgument := exec.Command(maker, "-s", "-C", root, "gate", "GO="+printer, "BASE="+name)
		for how, cmd := range map[string]*exec.Cmd{"environment": asVariable, "argument": asArgument} {
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "\n-base\n"+name+"\n-check\n") {
				t.Errorf("%q by the %s: %v\n%s", name, how, err, out)
			}
			if _, err := os.Stat(bait); err == nil {
				t.Fatalf("%q by the %s ran a command", name, how)
			}
		}
	}
}
