//go:build unix

package arms

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestAChildOnOneProcessorSeesNoOther(t *testing.T) {
	before := processors()
	if len(before) == 0 {
		t.Skip("this system does not say which processors there are")
	}
	for _, cpu := range before {
		out, err := place(cpu).output(exec.Command("nproc"))
		if err != nil || strings.TrimSpace(string(out)) != "1" {
			t.Errorf("on processor %d, nproc says %q, %v", cpu, out, err)
		}
	}
	if after := processors(); !slices.Equal(before, after) {
		t.Errorf("processors %v before, %v after", before, after)
	}
}

func TestAProcessorThatIsMissingIsAnError(t *testing.T) {
	if out, err := place(1000).output(exec.Command("nproc")); err == nil {
		t.Errorf("ran on processor 1000 and said %q", out)
	}
}
