//go:build unix

package main

import (
	"context"
	"fmt"
	"strings"

	"temper/bench/gate/child"
)

// An origin says what the outcome of a run depends on, apart from chance. Runs of
// different origins must not be counted in one table.
type origin struct {
	Gate string `json:"gate"` // last commit of the gate and the scenarios, "+edits" if edited since
	Go   string `json:"go"`
	CPU  string `json:"cpu"`
}

// gateCommit returns the last commit that changed the code of the gate or the
// scenarios, in the repository of module temper. Tests and the tables do not count.
func gateCommit(ctx context.Context) (string, error) {
	module, err := line(ctx, ".", "go", "list", "-m", "-f={{.Dir}}", "temper")
	if err != nil {
		return "", err
	}
	code, err := gateCode(ctx, module)
	if err != nil {
		return "", err
	}
	commit, err := line(ctx, module, "git", append([]string{"log", "-1", "--format=%H", "--"}, code...)...)
	if err != nil {
		return "", err
	}
	edits, err := line(ctx, module, "git", append([]string{"status", "--porcelain", "--"}, code...)...)
	if err != nil {
		return "", err
	}
	if edits != "" {
		commit += "+edits"
	}
	return commit, nil
}

// gateCode returns the code that a run depends on, as paths for git: the scenarios,
// and every folder below bench/gate that the command is built from.
func gateCode(ctx context.Context, module string) ([]string, error) {
	const gate = "temper/bench/gate"
	packages, err := line(ctx, module, "go", "list", "-deps", gate)
	if err != nil {
		return nil, err
	}
	code := []string{"bench/gate/certify/scenarios.go", ":(exclude)*_test.go"}
	for path := range strings.SplitSeq(packages, "\n") {
		if path == gate || strings.HasPrefix(path, gate+"/") {
			code = append(code, ":(glob)"+strings.TrimPrefix(path, "temper/")+"/*.go")
		}
	}
	return code, nil
}

// line runs a command in a folder and returns what it prints.
func line(ctx context.Context, dir, name string, args ...string) (string, error) {
	out, err := child.Output(child.Command(ctx, dir, name, args...))
	return strings.TrimSpace(string(out)), err
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
