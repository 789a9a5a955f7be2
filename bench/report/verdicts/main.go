// Command verdicts holds the implementations that bench times to the laws, and writes a
// report of each into a folder, as JSON:
//
//	go run ./bench/report/verdicts FOLDER
//	go run ./bench/report/verdicts -of NAME [-law LAW]
//
// A broken law is in the report and does not end the command. What this machine cannot
// run is named, and has no report. The second form tries the laws whose names begin like
// LAW on one implementation, prints the report, and exits with its ExitStatus.
// NAME is that of its file, gonum or sampler-heap.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"temper/bench"
	"temper/bench/gonum"
	"temper/bench/simd"
	"temper/bench/sorting"
	"temper/props"
	"temper/props/verdict"
	"temper/reference"
	"temper/reference/sequence"
)

func main() {
	flags := flag.NewFlagSet("verdicts", flag.ExitOnError) // its own: rapid registers flags in the common one
	of := flags.String("of", "", "try one implementation alone, and print its report: `NAME`")
	law := flags.String("law", "", "with -of: try only the laws whose names begin like `LAW`")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: verdicts FOLDER, or verdicts -of NAME [-law LAW]")
		flags.PrintDefaults()
	}
	flags.Parse(os.Args[1:])
	if (flags.NArg() == 1) == (*of != "") || *of == "" && *law != "" {
		flags.Usage()
		os.Exit(2)
	}
	if *of == "" {
		if err := writeAll(flags.Arg(0)); err != nil {
			fail(err)
		}
		return
	}
	report, err := one(*of, *law)
	if err != nil {
		fail(err)
	}
	fmt.Println(report)
	os.Exit(report.ExitStatus())
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "verdicts:", err)
	os.Exit(2)
}

// one holds the implementation of this name to the laws that begin like law.
func one(name, law string) (verdict.Report, error) {
	var names []string
	for _, s := range subjects() {
		if s.id() == name {
			return s.report(props.Only(law)), nil
		}
		names = append(names, s.id())
	}
	return verdict.Report{}, fmt.Errorf("no implementation here is called %q; there are %s", name, strings.Join(names, ", "))
}

// inputs are tried for each law. The tests of each implementation try more.
const inputs = 40

// subject is an implementation, and how it is held to the laws.
type subject struct {
	kind  string // the beginning of its file's name
	name  string
	check func(...props.Option) verdict.Report
}

// id is its name in this command, and that of its report's file.
func (s subject) id() string { return s.kind + strings.ReplaceAll(s.name, " ", "-") }

// report holds it to the laws.
func (s subject) report(o ...props.Option) verdict.Report {
	r := s.check(append(o, props.Seed(1), props.Inputs(inputs))...)
	r.Subject, r.Again = s.name, "go run ./bench/report/verdicts -of "+s.id()+" -law {law}"
	return r
}

// subjects are the implementations that this machine can run.
func subjects() []subject {
	var all []subject
	for _, k := range slices.Concat([]reference.Kernels{reference.Scalar, gonum.Kernels()}, simd.Float32Variants()) {
		if here(k.Name, k.Requires, k.Available) {
			all = append(all, subject{"", k.Name, func(o ...props.Option) verdict.Report { return props.CheckKernels(k, o...) }})
		}
	}
	order := reference.Convention{Order: []reference.Step{reference.TopK, reference.TopP, reference.MinP, reference.Temper}}
	for _, following := range slices.Concat([]func(reference.Convention) reference.Sampler{bench.Scalar}, sorting.Samplers(), simd.Samplers()) {
		if s := following(order); here("the sampler "+s.Name, s.Requires, s.Available) {
			all = append(all, subject{"sampler-", s.Name, func(o ...props.Option) verdict.Report { return checkSampler(s, o...) }})
		}
	}
	for _, rule := range []sequence.Rule{sequence.RejectionRule(), sequence.OneHotRule(), sequence.BlockRule()} {
		v := rule.Verifier()
		all = append(all, subject{"verifier-", v.Name, func(o ...props.Option) verdict.Report { return props.CheckVerifier(v, o...) }})
	}
	all = append(all, annealer("transfer", sequence.AnnealByTransfer), annealer("particles", sequence.AnnealByParticles(30)))
	return all
}

// checkSampler adds to the report which convention is declared, and which is found by asking.
func checkSampler(s reference.Sampler, o ...props.Option) verdict.Report {
	r := props.CheckSampler(s, o...)
	var steps []string
	for _, step := range s.Convention.Order {
		steps = append(steps, step.String())
	}
	r.Convention = "declared: " + strings.Join(steps, ", ") + " in this order\n"
	if found, err := props.FindConvention(s); err != nil {
		r.Convention += fmt.Sprintf("not found: %v", err)
	} else {
		r.Convention += found.String()
	}
	return r
}

// here reports whether this machine can run an implementation, and names one that it cannot.
func here(name, requires string, available bool) bool {
	if !available {
		fmt.Fprintf(os.Stderr, "%s: NOT TESTED, this machine has no %s\n", name, requires)
	}
	return available
}

func annealer(name string, a sequence.SequenceAnnealer) subject {
	return subject{"annealer-", name, func(o ...props.Option) verdict.Report { return props.CheckSequenceAnnealer(a, o...) }}
}

func writeAll(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	all, start := subjects(), time.Now()
	for i, s := range all {
		report := s.report()
		text, err := json.MarshalIndent(report, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, s.id()+".json"), append(text, '\n'), 0o644); err != nil {
			return err
		}
		left := time.Since(start) / time.Duration(i+1) * time.Duration(len(all)-i-1)
		held, applicable, _ := report.Coverage()
		fmt.Fprintf(os.Stderr, "[%d/%d, %v left] %s holds %d of %d laws\n", i+1, len(all), left.Round(time.Second), s.name, held, applicable)
	}
	return nil
}
