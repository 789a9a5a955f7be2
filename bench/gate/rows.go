//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os/exec"
	"strings"
	"time"

	"temper/bench/gate/child"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchproc"
)

// A row is one benchmark in all three arms.
type row struct {
	pkg        int // index among the packages; none for the control
	path       string
	name       string         // without the key that tells the arms apart
	bench      [arms]string   // full name in each arm, "" where it is missing
	roams      bool           // over all processors, where others stay on one
	pieces     int            // processes a sample
	iterations int            // a process
	samples    [arms][]sample // one per pair
}

func (r *row) missing(arm int) bool { return r.bench[arm] == "" }

// armKeys selects benchmarks by a key of their name, where implementations are
// compared: impl=portable as base and impl=avx2 as head.
type armKeys [arms]string

// selector tells which row a result belongs to, in one arm.
type selector struct {
	filter *benchproc.Filter
	row    *benchproc.Projection
}

func (k armKeys) selector(arm int) (selector, error) {
	var parser benchproc.ProjectionParser
	query := "*"
	if k[arm] != "" {
		key, value, ok := strings.Cut(k[arm], "=")
		if !ok || key == "" || value == "" {
			return selector{}, fmt.Errorf("arm %q: want key=value, as in impl=avx2", k[arm])
		}
		query = fmt.Sprintf("%q:%q", "/"+key, value)
		// A key that is projected on its own is left out of .fullname.
		if _, err := parser.Parse(fmt.Sprintf("%q", "/"+key), nil); err != nil {
			return selector{}, fmt.Errorf("arm %q: %w", k[arm], err)
		}
	}
	filter, err := benchproc.NewFilter(query)
	if err != nil {
		return selector{}, fmt.Errorf("arm %q: %w", k[arm], err)
	}
	projection, err := parser.Parse(".fullname", nil)
	return selector{filter, projection}, err
}

// match gives the name of the result's row, or no name.
func (s selector) match(result *benchfmt.Result) (string, error) {
	ok, err := s.filter.Apply(result)
	if err != nil || !ok {
		return "", err
	}
	return s.row.Project(result).StringValues(), nil
}

// armError is an arm that gave no answer, or a wrong one.
type armError struct {
	arm  int
	what string
}

func (e *armError) Error() string { return armNames[e.arm] + " " + e.what }

// calibrate runs every benchmark of every package once in base and in head, for
// about the time of a sample: it finds the rows and fixes their iterations.
func calibrate(ctx context.Context, packages []*benchPackage, built binaries, bench string, keys armKeys, aim time.Duration) ([]*row, error) {
	var rows []*row
	for p, pkg := range packages {
		byName := map[string]*row{}
		for _, arm := range []int{base, head} {
			if pkg.dir[arm] == "" {
				continue
			}
			selector, err := keys.selector(arm)
			if err != nil {
				return nil, err
			}
			results, err := runAll(ctx, built[p][arm], arm, bench, aim)
			if err != nil {
				return nil, err
			}
			for _, result := range results {
				name, err := selector.match(result)
				if err != nil {
					return nil, err
				}
				if name == "" {
					continue
				}
				r := byName[name]
				if r == nil {
					r = &row{pkg: p, path: pkg.path, name: name}
					byName[name] = r
					rows = append(rows, r)
				}
				r.bench[arm] = string(result.Name)
				if seconds, ok := result.Value("sec/op"); ok && r.iterations == 0 {
					r.iterations = iterationsFor(seconds, aim)
				}
			}
		}
	}
	for _, r := range rows {
		r.bench[same] = r.bench[base]
	}
	return rows, nil
}

// runAll runs all benchmarks that match. An arm whose benchmark fails is wrong,
// and wrong code isn't timed.
func runAll(ctx context.Context, b binary, arm int, bench string, aim time.Duration) ([]*benchfmt.Result, error) {
	out, err := child.Output(benchmark(ctx, b, everywhere, "-test.benchmem", "-test.bench="+bench, "-test.benchtime="+aim.String()))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, &armError{arm, "fails its own benchmarks, so it is not timed:\n" + child.LastWords(err)}
		}
		return nil, err
	}
	results, _, err := parse(out, everywhere.procs())
	return results, err
}

func iterationsFor(seconds float64, aim time.Duration) int {
	return int(max(1, math.Min(1e9, math.Round(aim.Seconds()/max(seconds, 1e-12)))))
}

// check runs the user's check in one arm, with a folder for its temporary files.
func check(ctx context.Context, shell, module, temp string, arm int) error {
	cmd := child.Command(ctx, module, "sh", "-c", shell)
	cmd.Env = append(cmd.Environ(), "TMPDIR="+temp)
	out, err := child.Output(cmd)
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	words := strings.TrimSpace(string(out) + "\n" + child.LastWords(err))
	return &armError{arm, fmt.Sprintf("fails its check (%s), so it is not timed:\n%s", shell, child.Tail(words))}
}
