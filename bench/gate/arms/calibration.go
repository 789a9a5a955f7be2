//go:build unix

package arms

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/child"
)

// A calibration is what is known of the benchmarks of one package.
type calibration struct {
	pkg      int
	path     string
	rows     map[string]*Row
	order    []string          // names of the rows, as they were found
	timeless map[string]bool   // names of those that report no time in some arm
	broken   map[string]string // names of benchmarks that base fails, and what it says
}

func newCalibration(pkg int, path string) *calibration {
	return &calibration{pkg: pkg, path: path, rows: map[string]*Row{}, timeless: map[string]bool{}, broken: map[string]string{}}
}

func (c *calibration) row(name string) *Row {
	r := c.rows[name]
	if r == nil {
		r = &Row{pkg: c.pkg, Package: c.path, Name: name}
		c.rows[name] = r
		c.order = append(c.order, name)
	}
	return r
}

// add notes the results of an arm. The iterations of a row are those that take the time
// aim in the slower arm, so that a benchmark that has become a thousand times slower does
// not use up the budget.
func (c *calibration) add(arm Arm, results []*benchfmt.Result, s selector, aim time.Duration) error {
	for _, result := range results {
		name, err := s.match(result)
		if err != nil {
			return err
		}
		if name == "" {
			continue
		}
		r := c.row(name)
		r.bench[arm] = string(result.Name)
		seconds, ok := result.Value("sec/op")
		if !ok {
			c.timeless[name] = true
			continue
		}
		if n := iterationsFor(seconds, aim); r.iterations == 0 || n < r.iterations {
			r.iterations = n
		}
	}
	return nil
}

// addFailed notes the benchmarks that an arm fails. They are wrong if the arm is head, and
// base does not fail them too.
func (c *calibration) addFailed(arm Arm, failed map[string]string, s selector) error {
	var wrong []string
	for _, bench := range slices.Sorted(maps.Keys(failed)) {
		name, err := s.match(&benchfmt.Result{Name: benchfmt.Name(bench)})
		if err != nil {
			return err
		}
		if name == "" && !strings.Contains(bench, "/") {
			name = bench // of all arms
		}
		switch {
		case name == "":
		case arm == Base:
			c.broken[name] = child.Excerpt(failed[bench])
		case c.brokenBy(name) == "":
			wrong = append(wrong, fmt.Sprintf("%s.%s: %s", c.path, name, child.Excerpt(failed[bench])))
		default:
			c.row(name).Reason = "both arms fail it"
		}
	}
	if len(wrong) == 0 {
		return nil
	}
	return &Error{arm, "fails its own benchmarks, so it is not timed:\n" + strings.Join(wrong, "\n")}
}

// brokenBy returns that base failed a benchmark, or one that it is part of, "" if it did
// not. The parts do not repeat all that was said.
func (c *calibration) brokenBy(name string) string {
	const reason = "base fails it, so that there is nothing to compare with: "
	for bench, words := range c.broken {
		if name == bench {
			return reason + words
		}
		if strings.HasPrefix(name, bench+"/") {
			first, _, _ := strings.Cut(words, "\n")
			return reason + first
		}
	}
	return ""
}

// finish returns the rows of the package.
func (c *calibration) finish() (rows []*Row) {
	for _, name := range c.order {
		r := c.rows[name]
		r.bench[Same] = r.bench[Base]
		switch {
		case r.Missing(Base) && r.Reason == "":
			r.Reason = c.brokenBy(name)
		case c.timeless[name] && !r.Missing(Head):
			r.Reason = noTime.Error()
		}
		rows = append(rows, r)
	}
	return rows
}

// iterationsFor returns how many iterations take about the time of aim.
func iterationsFor(seconds float64, aim time.Duration) int {
	return int(max(1, math.Min(1e9, math.Round(aim.Seconds()/max(seconds, 1e-12)))))
}
