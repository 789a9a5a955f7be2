//go:build unix

package arms

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

// armKeys are the key=value in the names of an arm's benchmarks, for a comparison of
// implementations: impl=portable in base and impl=avx2 in head. "" stands for all.
type armKeys [Count]string

// A selector says to which row a result of one arm belongs.
type selector struct {
	filter *benchproc.Filter
	row    *benchproc.Projection
}

func (k armKeys) selector(arm Arm) (selector, error) {
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

// match returns the name of the result's row, "" if the result is of another arm.
func (s selector) match(result *benchfmt.Result) (string, error) {
	ok, err := s.filter.Apply(result)
	if err != nil || !ok {
		return "", err
	}
	return s.row.Project(result).StringValues(), nil
}

// calibrate runs every benchmark of every package once in base and in head, for about
// the time of a sample. It returns the rows that it finds, with their iterations.
func calibrate(ctx context.Context, packages []*benchPackage, built Pair, bench string, keys armKeys, aim time.Duration) ([]*Row, error) {
	var rows []*Row
	for p, pkg := range packages {
		byName := map[string]*Row{}
		for _, arm := range []Arm{Base, Head} {
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
					r = &Row{pkg: p, Package: pkg.path, Name: name}
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
		r.bench[Same] = r.bench[Base]
	}
	return rows, nil
}

// runAll runs all benchmarks that match. It returns an *Error if one fails, because
// wrong code is not timed.
func runAll(ctx context.Context, b binary, arm Arm, bench string, aim time.Duration) ([]*benchfmt.Result, error) {
	out, err := child.Output(benchmark(ctx, b, everywhere, "-test.benchmem", "-test.bench="+bench, "-test.benchtime="+aim.String()))
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, &Error{arm, "fails its own benchmarks, so it is not timed:\n" + child.LastWords(err)}
		}
		return nil, err
	}
	results, _, err := parse(out, everywhere.procs())
	return results, err
}

// iterationsFor returns how many iterations take about the time of aim.
func iterationsFor(seconds float64, aim time.Duration) int {
	return int(max(1, math.Min(1e9, math.Round(aim.Seconds()/max(seconds, 1e-12)))))
}
