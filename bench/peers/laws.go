package peers

import (
	"fmt"
	"strings"

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

func line(report verdict.Report) string {
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
