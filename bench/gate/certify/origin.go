//go:build unix

package main

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	"temper/bench/gate/scratch"
)

// An origin is what a run's outcome hangs on beside chance. Runs of different origins
// don't belong in one table.
type origin struct {
	Gate string `json:"gate"` // last commit of the gate and the scenarios, "+edits" if edited since
	Go   string `json:"go"`
	CPU  string `json:"cpu"`
}

// gateCommit finds the last commit of the gate's code and of the scenarios, tests
// and tables aside, in the repository of module temper.
func gateCommit(ctx context.Context) (string, error) {
	module, err := line(ctx, ".", "go", "list", "-m", "-f={{.Dir}}", "temper")
	if err != nil {
		return "", err
	}
	code := []string{"--", ":(glob)bench/gate/*.go", "bench/gate/decide", "bench/gate/scratch", "bench/gate/certify/scenarios.go",
		":(exclude,glob)**/*_test.go"}
	commit, err := line(ctx, module, "git", append([]string{"log", "-1", "--format=%H"}, code...)...)
	if err != nil {
		return "", err
	}
	edits, err := line(ctx, module, "git", append([]string{"status", "--porcelain"}, code...)...)
	if err != nil {
		return "", err
	}
	if edits != "" {
		commit += "+edits"
	}
	return commit, nil
}

// line runs a command and gives what it prints.
func line(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = scratch.Environment(cmd.Environ())
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%v: %w\n%s", cmd, err, &words)
	}
	return strings.TrimSpace(string(out)), nil
}

// oneOrigin is an error if the runs are of several origins.
func oneOrigin(byScenario map[string][]*record) error {
	var first *record
	for _, records := range byScenario {
		for _, r := range records {
			if first == nil {
				first = r
			}
			if r.Origin != first.Origin {
				return fmt.Errorf("the runs are a mixture, which no table can sum up: %+v (%s) and %+v (%s); use another -dir",
					first.Origin, first.Scenario, r.Origin, r.Scenario)
			}
		}
	}
	return nil
}
