package process

import (
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// ownMemory is why some laws are not asked of a program.
const ownMemory = "a program's memory is its own: it would be this package that is judged"

// aboutMemory is how the laws of [foreign] are called, behind the operation. A program gets a
// seed, and no source.
func aboutMemory() []string {
	return []string{"InPlace", "Inputs", "Fences", "Concurrent", "Allocation", "Shapes", "ShapeErrors", "NoSource"}
}

// Laws returns the laws that a program can be held to: those of kernels, of samplers and
// of verifiers.
func Laws() (laws []props.Law) {
	for _, k := range kinds() {
		laws = append(laws, lawsOf(k)...)
	}
	return laws
}

// Laws returns the laws of what the program is.
func (p *Process) Laws() []props.Law { return lawsOf(p.hello.kind()) }

func lawsOf(k kind) []props.Law {
	return slices.DeleteFunc(props.Laws(), func(l props.Law) bool { return !strings.HasPrefix(l.Applies, string(k)) })
}

// foreign lists the laws about slices, goroutines and lengths, which a program
// on the other side of a pipe neither sees nor spoils.
func foreign(laws []props.Law) []string {
	var ids []string
	for _, law := range laws {
		if _, claim, _ := strings.Cut(law.ID, "/"); slices.Contains(aboutMemory(), claim) {
			ids = append(ids, law.ID)
		}
	}
	return ids
}

// options adds what holds for a program: what its greeting leaves out, and no laws
// about memory.
func (p *Process) options(opts []props.Option) []props.Option {
	opts = append(p.hello.declarations(), opts...)
	for _, id := range foreign(p.Laws()) {
		opts = append(opts, props.Skip(id, ownMemory))
	}
	return opts
}

// Test is [props.TestKernels], [props.TestSampler] or [props.TestVerifier] for a program.
func Test(t *testing.T, p *Process, opts ...props.Option) {
	t.Helper()
	switch p.hello.kind() {
	case sampler:
		s, convention, err := p.follow()
		if err != nil {
			t.Fatal(err)
		}
		t.Log(convention)
		props.TestSampler(t, s, p.options(opts)...)
	case verifier:
		props.TestVerifier(t, p.Verifier(), p.options(opts)...)
	default:
		if err := p.opening(); err != nil {
			t.Fatalf("the program fails before any law is tried\n%v", err)
		}
		props.TestKernels(t, p.Kernels(), p.options(opts)...)
	}
}

// Check is [props.CheckKernels], [props.CheckSampler] or [props.CheckVerifier] for a
// program. Laws about memory count as not provided. Where a program does not read
// infinity, or fails at its first question, no law is tried. Of a sampler the report says
// which convention was found; one that declares none is held to that.
func Check(p *Process, opts ...props.Option) verdict.Report {
	var report verdict.Report
	var failure error
	switch p.hello.kind() {
	case sampler:
		var s reference.Sampler
		var convention string
		s, convention, failure = p.follow()
		report = props.CheckSampler(s, p.options(opts)...)
		report.Convention = convention
	case verifier:
		report = props.CheckVerifier(p.Verifier(), p.options(opts)...)
	default:
		failure = p.opening()
		report = props.CheckKernels(p.Kernels(), p.options(opts)...)
	}
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
