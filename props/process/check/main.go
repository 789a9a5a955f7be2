// Command check holds a program in any language to the laws and prints the
// report:
//
//	go run ./props/process/check [flags] command [argument …]
//
// The command is run in the current folder and speaks the protocol of package
// process. Of a sampler with cuts the report says which convention it follows, and
// which row tells it from each of the others. Check exits with
//
//	0  if every Must law that applies held (under -strict, every Should law too)
//	1  if one is broken
//	2  if the program failed, or nothing was tried
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"temper/props"
	"temper/props/process"
	"temper/props/verdict"
)

func main() {
	flags := flag.NewFlagSet("check", flag.ExitOnError) // its own: rapid registers flags in the common one
	seed := flags.Uint64("seed", 1, "where the random inputs come from")
	inputs := flags.Int("inputs", 100, "random inputs for each law, 1 or more")
	law := flags.String("law", "", "try only the laws whose names begin like this: Sample/, or Draw/Law")
	long := flags.Bool("long", false, "try the laws that take minutes too")
	strict := flags.Bool("strict", false, "a Should law that is broken counts like a Must law")
	format := flags.String("format", "text", "text, markdown, json or badge")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: check [flags] command [argument …]")
		flags.PrintDefaults()
	}
	flags.Parse(os.Args[1:]) // exits by itself
	if flags.NArg() == 0 {
		flags.Usage()
		os.Exit(2)
	}
	opts := []props.Option{props.Seed(*seed), props.Inputs(*inputs), props.Only(*law)}
	if *long {
		opts = append(opts, props.Long())
	}
	if *strict {
		opts = append(opts, props.Strict())
	}
	write, err := verdict.Writer(*format)
	if err = errors.Join(err, checkInputs(*inputs), checkLaw(process.Laws(), *law, *long)); err != nil {
		fail(err)
	}
	program, err := process.Start(flags.Arg(0), flags.Args()[1:]...)
	if err != nil {
		fail(err)
	}
	if err := checkLaw(program.Laws(), *law, *long); err != nil {
		fail(errors.Join(err, program.Close()))
	}
	report := process.Check(program, opts...)
	report.Again = again(os.Args[0], *seed, *inputs, flags.Args())
	text, err := write(report)
	if err != nil {
		fail(err)
	}
	if _, err := fmt.Println(text); err != nil {
		fail(errors.Join(err, program.Close()))
	}
	if err := program.Close(); err != nil {
		fail(err)
	}
	os.Exit(report.ExitStatus())
}

// again is the command line that tries one law of a report again, by the executable that
// made it. What go run builds is gone after the run, and its line is for the module that
// go run was started in.
func again(executable string, seed uint64, inputs int, command []string) string {
	this := verdict.CommandLine(executable)
	if strings.Contains(filepath.ToSlash(executable), "/go-build") {
		this = "go run temper/props/process/check"
	}
	return fmt.Sprintf("%s -seed %d -inputs %d -long -law {law} ", this, seed, inputs) + verdict.CommandLine(command...)
}

func checkInputs(count int) error {
	if count < 1 {
		return fmt.Errorf("-inputs %d: want 1 or more", count)
	}
	return nil
}

// checkLaw refuses names that would try nothing.
func checkLaw(laws []props.Law, prefix string, long bool) error {
	var waiting error
	for _, law := range laws {
		if !strings.HasPrefix(law.ID, prefix) {
			continue
		}
		if !law.Long || long {
			return nil
		}
		waiting = fmt.Errorf("-law %s takes minutes and is tried under -long only", law.ID)
	}
	if waiting != nil {
		return waiting
	}
	return fmt.Errorf("-law %s: no law about such programs begins like this; they begin with %s", prefix, strings.Join(beginnings(laws), ", "))
}

// beginnings are what laws are named for.
func beginnings(laws []props.Law) []string {
	var all []string
	for _, law := range laws {
		operation, _, _ := strings.Cut(law.ID, "/")
		if !slices.Contains(all, operation+"/") {
			all = append(all, operation+"/")
		}
	}
	return all
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "check:", err)
	os.Exit(2)
}
