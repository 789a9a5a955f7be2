//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"temper/bench/gate/compare"
)

// options is what the command line says.
type options struct {
	compare.Config
	selfcheck bool
}

const usage = `usage: go tool gate -base REF [flags] [packages]
       go tool gate -arm impl=avx2 -base-arm impl=portable [flags] [packages]
       go tool gate -selfcheck

Gate times the benchmarks of the packages (default ./...) in the work tree, the
head, next to those of the commit REF, the base, and exits with
  0  no row is slower by more than the margin
  1  some row is, or needs an allocation more, or head fails its check, or a
     benchmark that base does not fail
  2  usage, files, git or the build
  3  too noisy, or too little time, to say
  4  the gate found itself broken: one of its controls failed

`

func parseOptions(args []string, stderr io.Writer) (options, error) {
	o := options{Config: compare.Default()}
	o.Command = typed()
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&o.Base, "base", o.Base, "compare with this `commit`")
	flags.StringVar(&o.Bench, "bench", o.Bench, "benchmarks to time, a `regexp` as for go test -bench")
	flags.Func("margin", "`slowdown` that does not matter (default 3%)", func(s string) (err error) {
		o.Margin, err = parseMargin(s)
		return err
	})
	flags.DurationVar(&o.Budget, "budget", o.Budget, "most `time` to spend")
	flags.StringVar(&o.Dir, "C", o.Dir, "`folder` of the module")
	flags.StringVar(&o.Check, "check", o.Check, "shell `command` that must succeed in both arms before they are timed")
	flags.StringVar(&o.Arm, "arm", o.Arm, "head is the benchmarks with this `key=value` in their names")
	flags.StringVar(&o.BaseArm, "base-arm", o.BaseArm, "base is the benchmarks with this `key=value` in their names")
	flags.Uint64Var(&o.Seed, "seed", o.Seed, "`number` that fixes layouts and order (default random)")
	flags.StringVar(&o.Out, "o", o.Out, "`folder` for report.md, report.json, raw results and profiles")
	flags.StringVar(&o.Waivers, "waivers", o.Waivers, "`file` of waivers (default gate.waivers in the module, if it exists)")
	flags.BoolVar(&o.selfcheck, "selfcheck", false, "show that a planted slowdown is found and an unchanged tree is not blamed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if packages := flags.Args(); len(packages) > 0 {
		o.Packages = packages
	}
	return o, o.validate()
}

func (o options) validate() error {
	switch {
	case o.selfcheck:
		return nil
	case (o.Arm == "") != (o.BaseArm == ""):
		return errors.New("-arm and -base-arm go together")
	case o.Base == "" && o.Arm == "":
		return errors.New("what to compare with? Give -base REF, or -arm and -base-arm")
	case o.Budget <= 0:
		return fmt.Errorf("-budget %v: want more than 0", o.Budget)
	}
	return nil
}

// parseMargin returns the slowdown that a text names: 0.03 for "3%" and for "0.03".
func parseMargin(s string) (float64, error) {
	number, percent := strings.CutSuffix(s, "%")
	x, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0, fmt.Errorf("want a slowdown such as 3%% or 0.03")
	}
	if percent {
		x /= 100
	}
	if !(x >= 0 && x < 1) {
		return 0, fmt.Errorf("want at least 0 and less than 100%%")
	}
	return x, nil
}
