//go:build unix

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// config is what the command line says.
type config struct {
	command      []string // that the user typed, without the flags
	base         string
	bench        string
	margin       float64
	budget       time.Duration
	dir          string
	check        string
	arm, baseArm string
	seed         uint64
	out          string
	waivers      string
	selfcheck    bool
	patterns     []string
}

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

func parseConfig(args []string, stderr io.Writer) (config, error) {
	c := config{command: typed(), margin: 0.03, seed: uint64(rand.Uint32())}
	flags := flag.NewFlagSet("gate", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.StringVar(&c.base, "base", "", "compare with this `commit`")
	flags.StringVar(&c.bench, "bench", ".", "benchmarks to time, a `regexp` as for go test -bench")
	flags.Func("margin", "`slowdown` that does not matter (default 3%)", func(s string) (err error) {
		c.margin, err = parseMargin(s)
		return err
	})
	flags.DurationVar(&c.budget, "budget", 5*time.Minute, "most `time` to spend")
	flags.StringVar(&c.dir, "C", ".", "`folder` of the module")
	flags.StringVar(&c.check, "check", "", "shell `command` that must succeed in both arms before they are timed")
	flags.StringVar(&c.arm, "arm", "", "head is the benchmarks with this `key=value` in their names")
	flags.StringVar(&c.baseArm, "base-arm", "", "base is the benchmarks with this `key=value` in their names")
	flags.Uint64Var(&c.seed, "seed", c.seed, "`number` that fixes layouts and order (default random)")
	flags.StringVar(&c.out, "o", "gate.out", "`folder` for report.md, report.json, raw results and profiles")
	flags.StringVar(&c.waivers, "waivers", "", "`file` of waivers (default gate.waivers in the module, if it exists)")
	flags.BoolVar(&c.selfcheck, "selfcheck", false, "show that a planted slowdown is found and an unchanged tree is not blamed")
	if err := flags.Parse(args); err != nil {
		return c, err
	}
	c.patterns = flags.Args()
	if len(c.patterns) == 0 {
		c.patterns = []string{"./..."}
	}
	return c, c.validate()
}

func (c config) validate() error {
	switch {
	case c.selfcheck:
		return nil
	case (c.arm == "") != (c.baseArm == ""):
		return errors.New("-arm and -base-arm go together")
	case c.base == "" && c.arm == "":
		return errors.New("what to compare with? Give -base REF, or -arm and -base-arm")
	case c.budget <= 0:
		return fmt.Errorf("-budget %v: want more than 0", c.budget)
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
