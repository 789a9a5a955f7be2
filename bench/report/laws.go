package main

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
)

// checkLaws runs the law suite on every variant, in a process of its own: the
// suite's packages register flags. What the machine cannot run is named.
func checkLaws(progress io.Writer) error {
	fmt.Fprintln(progress, "checking every variant against the laws")
	cmd := exec.Command("go", "test", "-count=1", "-v", "-run=^TestEveryVariantKeepsTheLaws$", "temper/bench/simd")
	out, err := cmd.CombinedOutput()
	for line := range bytes.Lines(out) {
		if bytes.Contains(line, []byte("NOT TESTED")) {
			fmt.Fprintf(progress, "  %s\n", bytes.TrimSpace(line))
		}
	}
	if err != nil {
		return fmt.Errorf("a variant is wrong, so nothing was timed: %w\n%s", err, out)
	}
	if !bytes.Contains(out, []byte("--- PASS: TestEveryVariantKeepsTheLaws/")) {
		return fmt.Errorf("no variant was checked:\n%s", out)
	}
	return nil
}
