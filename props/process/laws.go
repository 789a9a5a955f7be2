package process

import (
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
)

// ownMemory is why some laws are not asked of a program.
const ownMemory = "a program's memory is its own: it would be this package that is judged"

// aboutMemory is how the laws of [foreign] are called, behind the operation.
func aboutMemory() []string {
	return []string{"InPlace", "Inputs", "Fences", "Concurrent", "Allocation", "Shapes"}
}

// foreign lists the laws about slices, goroutines and lengths, which a program
// on the other side of a pipe neither sees nor spoils.
func foreign() []string {
	var ids []string
	for _, law := range props.Laws() {
		_, claim, _ := strings.Cut(law.ID, "/")
		if strings.HasPrefix(law.Applies, "Kernels.") && slices.Contains(aboutMemory(), claim) {
			ids = append(ids, law.ID)
		}
	}
	return ids
}

// options adds what holds for a program: what its greeting leaves out, and no laws
// about memory.
func (p *Process) options(opts []props.Option) []props.Option {
	opts = append(p.hello.declarations(), opts...)
	for _, id := range foreign() {
		opts = append(opts, props.Skip(id, ownMemory))
	}
	return opts
}

// Test is [props.TestKernels] for a program.
func Test(t *testing.T, p *Process, opts ...props.Option) {
	t.Helper()
	if err := p.opening(); err != nil {
		t.Fatalf("the program fails before any law is tried\n%v", err)
	}
	props.TestKernels(t, p.Kernels(), p.options(opts)...)
}

// Check is [props.CheckKernels] for a program. Laws about memory count as not
// provided. Where a program does not read infinity, or fails at its first question,
// no law is tried.
func Check(p *Process, opts ...props.Option) verdict.Report {
	failure := p.opening()
	report := props.CheckKernels(p.Kernels(), p.options(opts)...)
	if failure != nil {
		report.Failure = failure.Error()
	}
	for i, result := range report.Results {
		if result.Status == verdict.Skipped && result.Detail == ownMemory {
			report.Results[i].Status = verdict.NotProvided
		}
	}
	return report
}
