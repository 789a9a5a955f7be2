// Command check holds a program in any language to the laws and prints the
// report:
//
//	go run ./props/process/check [flags] command [argument …]
//
// The command is run in the current folder and speaks the protocol of package
// process. Check exits with 1 if a Must law is broken, with 2 if it could not try.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"temper/props"
	"temper/props/process"
	"temper/props/verdict"
)

func main() {
	flags := flag.NewFlagSet("check", flag.ExitOnError) // its own: rapid registers flags in the common one
	seed := flags.Uint64("seed", 1, "where the random inputs come from")
	inputs := flags.Int("inputs", 100, "random inputs for each law")
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
	write, err := writer(*format)
	if err != nil {
		fail(err)
	}
	program, err := process.Start(flags.Arg(0), flags.Args()[1:]...)
	if err != nil {
		fail(err)
	}
	report := process.Check(program, props.Seed(*seed), props.Inputs(*inputs))
	text, err := write(report)
	if err != nil {
		fail(err)
	}
	fmt.Println(text)
	if err := program.Close(); err != nil {
		fail(err)
	}
	if report.Err() != nil {
		os.Exit(1)
	}
}

// writer is how a report is written in this format.
func writer(format string) (func(verdict.Report) (string, error), error) {
	switch format {
	case "text":
		return func(r verdict.Report) (string, error) { return r.String(), nil }, nil
	case "markdown":
		return func(r verdict.Report) (string, error) { return r.Markdown(), nil }, nil
	case "json":
		return func(r verdict.Report) (string, error) { return indented(r) }, nil
	case "badge":
		return func(r verdict.Report) (string, error) { return indented(r.Badge()) }, nil
	}
	return nil, fmt.Errorf("format %q is none of text, markdown, json and badge", format)
}

func indented(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "check:", err)
	os.Exit(2)
}
