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
	program, err := process.Start(flags.Arg(0), flags.Args()[1:]...)
	if err != nil {
		fail(err)
	}
	report := process.Check(program, props.Seed(*seed), props.Inputs(*inputs))
	text, err := write(report, *format)
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

func write(report verdict.Report, format string) (string, error) {
	var value any = report
	switch format {
	case "text":
		return report.String(), nil
	case "markdown":
		return report.Markdown(), nil
	case "json":
	case "badge":
		value = report.Badge()
	default:
		return "", fmt.Errorf("format %q is none of text, markdown, json and badge", format)
	}
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "check:", err)
	os.Exit(2)
}
