//go:build unix

package main

import (
	"errors"
	"strings"
	"testing"

	"temper/bench/gate/report"
)

func TestVerdictIsTheExitCodeThoughFilesCouldNotBeWritten(t *testing.T) {
	full := errors.New("no space left on device")
	for exit, want := range map[int]int{report.ExitPass: report.ExitUsage, report.ExitRegression: report.ExitRegression, report.ExitUnclear: report.ExitUnclear, report.ExitBroken: report.ExitBroken} {
		var stdout, stderr strings.Builder
		r := &report.Report{Exit: exit, Reason: "as told"}
		if got := announce(r, full, &stdout, &stderr); got != want {
			t.Errorf("exit %d became %d, want %d", exit, got, want)
		}
		if !strings.Contains(stdout.String(), "as told") || !strings.Contains(stderr.String(), full.Error()) {
			t.Errorf("the table or the error is missing:\n%s\n%s", &stdout, &stderr)
		}
	}
}
