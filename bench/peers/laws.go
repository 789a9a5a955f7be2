package peers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"temper/props"
	"temper/props/process"
	"temper/props/verdict"
	"temper/reference"
)

// Laws says in a line how many Must laws an implementation keeps, and which it
// breaks.
func Laws(k reference.Kernels) string {
	if !k.Available {
		return fmt.Sprintf("laws %s: not tried, this machine has no %s", k.Name, k.Requires)
	}
	return line(props.CheckKernels(k, props.Seed(1)))
}

// LawsOfSampler says the same of a sampler with cuts in the order of llama.cpp, or in its
// own.
func LawsOfSampler(following func(reference.Convention) reference.Sampler) string {
	return line(checkSampler(following))
}

const withCuts = " with cuts"

func checkSampler(following func(reference.Convention) reference.Sampler) verdict.Report {
	order := []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}
	s := following(reference.Convention{Order: order})
	s.Name += withCuts
	return props.CheckSampler(s, props.Seed(1))
}

// Lawful leaves a sampler out, by providing nothing in its place, that breaks a Must law
// about good rows. Bad rows say nothing about its speed, and libraries seldom refuse them.
func Lawful(following func(reference.Convention) reference.Sampler) func(reference.Convention) reference.Sampler {
	lawful := sync.OnceValue(func() bool {
		return !slices.ContainsFunc(checkSampler(following).Results, func(r verdict.Result) bool {
			return r.Level == verdict.Must && r.Status == verdict.Broken && r.ID != "Sampler/BadRows"
		})
	})
	return func(c reference.Convention) reference.Sampler {
		if !lawful() {
			return reference.Sampler{}
		}
		return following(c)
	}
}

// LawsOfProgram says the same of a program that speaks the protocol of package
// process.
func LawsOfProgram(command string, args ...string) string {
	program, err := process.Start(command, args...)
	if err != nil {
		return fmt.Sprintf("laws %s: not tried: %.200q", strings.Join(append([]string{command}, args...), " "), err.Error())
	}
	defer program.Close()
	return line(process.Check(program, props.Seed(1)))
}

// line also keeps the report as JSON in the folder that the environment variable LAWS_TO
// names, if it does.
func line(report verdict.Report) string {
	if folder := os.Getenv("LAWS_TO"); folder != "" {
		if err := keep(folder, report); err != nil {
			return fmt.Sprintf("laws %s: not kept: %v", report.Subject, err)
		}
	}
	var broken []string
	held := 0
	for _, result := range report.Results {
		switch {
		case result.Level != verdict.Must:
		case result.Status == verdict.Held:
			held++
		case result.Status == verdict.Broken:
			broken = append(broken, result.ID)
		}
	}
	line := fmt.Sprintf("laws %s: keeps %d of %d Must laws", report.Subject, held, held+len(broken))
	if len(broken) > 0 {
		line += ", not " + strings.Join(broken, ", ")
	}
	if report.Failure != "" {
		line += fmt.Sprintf(", then failed: %.200q", report.Failure)
	}
	return line
}

var unsafeInFile = regexp.MustCompile(`[^A-Za-z0-9_.=-]+`)

func keep(folder string, report verdict.Report) error {
	file := filepath.Join(folder, unsafeInFile.ReplaceAllString(report.Subject, "_")+".json")
	report.Subject = strings.TrimSuffix(report.Subject, withCuts) // benchmarks have that name
	text, err := json.MarshalIndent(report, "", "\t")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
