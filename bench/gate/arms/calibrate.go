//go:build unix

package arms

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
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
// the time of a sample. It returns the rows that it finds, with their iterations, and an
// *Error if head fails a benchmark that base does not fail.
func calibrate(ctx context.Context, packages []*benchPackage, built Pair, bench string, keys armKeys, aim time.Duration) ([]*Row, error) {
	var rows []*Row
	for p, pkg := range packages {
		found := newCalibration(p, pkg.path)
		for _, arm := range []Arm{Base, Head} {
			if pkg.dir[arm] == "" {
				continue
			}
			selector, err := keys.selector(arm)
			if err != nil {
				return nil, err
			}
			results, failed, err := runAll(ctx, built[p][arm], arm, bench, aim)
			if err != nil {
				return nil, err
			}
			if err := errors.Join(found.add(arm, results, selector, aim), found.addFailed(arm, failed, selector)); err != nil {
				return nil, err
			}
		}
		rows = append(rows, found.finish()...)
	}
	return rows, nil
}

// runAll runs all benchmarks that match. It returns their results and what those that
// fail say, by name. It leaves these out and runs the others again, since one that panics
// ends them all. If the output does not tell which one failed, the error is an *Error.
func runAll(ctx context.Context, b binary, arm Arm, bench string, aim time.Duration) ([]*benchfmt.Result, map[string]string, error) {
	failed := map[string]string{}
	for {
		out, err := child.Output(benchmark(ctx, b, everywhere, "-test.benchmem", "-test.bench="+bench, "-test.skip="+patterns(failed), "-test.benchtime="+aim.String()))
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err == nil {
			results, _, err := parse(out, everywhere.procs())
			return results, failed, err
		}
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			return nil, nil, err
		}
		if words := child.Words(err); strings.HasPrefix(words, "testing: invalid regexp") {
			return nil, nil, fmt.Errorf("-bench %q: %s", bench, words)
		}
		before := len(failed)
		maps.Copy(failed, failures(child.AllWords(err), everywhere.procs()))
		if len(failed) == before {
			return nil, nil, &Error{arm, "fails its own benchmarks, so it is not timed:\n" + child.Excerpt(child.AllWords(err))}
		}
	}
}

// patterns returns the value of -test.skip that leaves out these benchmarks.
func patterns(names map[string]string) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		all = append(all, pattern(name))
	}
	return strings.Join(all, "|")
}
