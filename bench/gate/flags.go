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

const usage = `usage: go tool gate -base REF [flags] [packages]
       go tool gate -arm impl=avx2 -base-arm impl=portable [flags] [packages]
       go tool gate -selfcheck

Gate times the benchmarks of the packages (default ./...) in the work tree, the
head, next to those of the commit REF, the base, and exits with
  0  no row is slower by more than the margin
  1  some row is, or needs an allocation more, or head fails its check
  2  usage, files, git or the build
  3  too noisy, or too little time, to say
  4  the gate found itself broken: one of its controls failed

`

// parseFlags reads a command line into what to compare. selfcheck says that the gate is
// to check itself instead.
func parseFlags(args []string, stderr io.Writer) (c compare.Config, selfcheck bool, err error) {
	c = compare.Default()
	c.Command = typed()
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&c.Base, "base", "", "compare with this `commit`")
	flags.StringVar(&c.Bench, "bench", c.Bench, "benchmarks to time, a `regexp` as for go test -bench")
	flags.Func("margin", "`slowdown` that does not matter (default 3%)", func(s string) (err error) {
		c.Margin, err = parseMargin(s)
		return err
	})
	flags.DurationVar(&c.Budget, "budget", c.Budget, "most `time` to spend")
	flags.StringVar(&c.Dir, "C", c.Dir, "`folder` of the module")
	flags.StringVar(&c.Check, "check", "", "shell `command` that must succeed in both arms before they are timed")
	flags.StringVar(&c.Arm, "arm", "", "head is the benchmarks with this `key=value` in their names")
	flags.StringVar(&c.BaseArm, "base-arm", "", "base is the benchmarks with this `key=value` in their names")
	flags.Uint64Var(&c.Seed, "seed", c.Seed, "`number` that fixes layouts and order (default random)")
	flags.StringVar(&c.Out, "o", c.Out, "`folder` for report.md, report.json, raw results and profiles")
	flags.StringVar(&c.Waivers, "waivers", "", "`file` of waivers (default gate.waivers in the module, if it exists)")
	flags.BoolVar(&selfcheck, "selfcheck", false, "show that a planted slowdown is found and an unchanged tree is not blamed")
	if err := flags.Parse(args); err != nil {
		return c, selfcheck, err
	}
	if flags.NArg() > 0 {
		c.Packages = flags.Args()
	}
	if selfcheck {
		return c, selfcheck, nil
	}
	return c, selfcheck, validate(c)
}

func validate(c compare.Config) error {
	switch {
	case (c.Arm == "") != (c.BaseArm == ""):
		return errors.New("-arm and -base-arm go together")
	case c.Base == "" && c.Arm == "":
		return errors.New("what to compare with? Give -base REF, or -arm and -base-arm")
	case c.Budget <= 0:
		return fmt.Errorf("-budget %v: want more than 0", c.Budget)
	}
	return nil
}

// parseMargin reads 3% or 0.03.
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
