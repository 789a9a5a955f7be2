package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// tested runs go test -json in a module whose only test file is this, as
// checkLaws does.
func tested(t *testing.T, code string) ([]byte, error) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.26\n", "m_test.go": code} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "test", "-json", ".")
	cmd.Dir = dir
	return cmd.CombinedOutput()
}

const twoLaws = `package m

import "testing"

func TestEveryVariantKeepsTheLaws(t *testing.T) {
	t.Run("portable", func(t *testing.T) {
		t.Run("Sample/Kept", func(t *testing.T) { t.Log("much to say") })
		t.Run("Sample/Broken", func(t *testing.T) { t.Errorf("Sample/Broken (Must) is broken: the claim\ninput: T = 1\nTo reproduce, specify -rapid.seed=1\nFailed test output:\nthe same again") })
	})
	t.Run("avx512", func(t *testing.T) { t.Skip("NOT TESTED: no such machine") })
}
`

func TestOnlyBrokenLawsArePrinted(t *testing.T) {
	out, failed := tested(t, twoLaws)
	var progress strings.Builder
	err := readLaws(&progress, out, failed)
	const want = `an implementation is wrong, so nothing was timed:
TestEveryVariantKeepsTheLaws/portable/Sample/Broken
    Sample/Broken (Must) is broken: the claim
        input: T = 1
        To reproduce, specify -rapid.seed=1
`
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	if !strings.Contains(progress.String(), "NOT TESTED: no such machine") {
		t.Errorf("what was not tested is not named: %q", &progress)
	}
}

func TestLawsThatCouldNotBeTriedAccuseNobody(t *testing.T) {
	outside := exec.Command("go", "test", "-json", "temper/bench/simd")
	outside.Dir, outside.Env = t.TempDir(), append(os.Environ(), "GOWORK=off", "GOPROXY=off")
	nowhere, lost := outside.CombinedOutput()
	unbuilt, broken := tested(t, "package m\n\nvar x int = true\n")
	for says, c := range map[string]struct {
		out []byte
		err error
	}{"temper/bench/simd": {nowhere, lost}, "cannot use true": {unbuilt, broken}} {
		err := readLaws(io.Discard, c.out, c.err)
		if err == nil || strings.Contains(err.Error(), "implementation is wrong") || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is not said, or an implementation accused: %v", says, err)
		}
	}
	if err := readLaws(io.Discard, nil, errors.New("exit status 1")); err == nil {
		t.Error("a suite that said nothing passed")
	}
	kept := "--- PASS: TestEveryVariantKeepsTheLaws/portable\n"
	if err := readLaws(io.Discard, []byte(kept), nil); err == nil || !strings.Contains(err.Error(), "TestEverySamplerKeepsTheLaws checked nothing") {
		t.Errorf("a suite of no tests: %v", err)
	}
}
