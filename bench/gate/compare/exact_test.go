//go:build unix

package compare

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"

	"temper/bench/gate/arms"
)

// sampled makes a row from benchmark lines, one per pair, with base′ as base.
func sampled(t *testing.T, header string, was, is []string) *arms.Row {
	t.Helper()
	r := new(arms.Row)
	for arm, lines := range [arms.Count][]string{arms.Base: was, arms.Same: was, arms.Head: is} {
		for _, line := range lines {
			result, units := parse(t, header+"BenchmarkX 10 5 ns/op "+line+"\n")
			r.Samples[arm] = append(r.Samples[arm], arms.Sample{Result: result, Units: units, Seconds: 5e-9})
		}
	}
	return r
}

// parse reads a benchmark's output that has one result.
func parse(t *testing.T, text string) (*benchfmt.Result, benchfmt.UnitMetadataMap) {
	t.Helper()
	var results []*benchfmt.Result
	reader := benchfmt.NewReader(strings.NewReader(text), "benchmark output")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			results = append(results, result.Clone())
		}
	}
	if err := reader.Err(); err != nil || len(results) != 1 {
		t.Fatal(text, err)
	}
	return results[0], reader.Units()
}

func repeated(n int, line string) []string {
	return strings.Split(strings.Repeat(line+"\n", n-1)+line, "\n")
}

func TestOneMoreAllocationIsWorse(t *testing.T) {
	for _, c := range []struct {
		was, is []string
		worse   bool
	}{
		{repeated(7, "7 allocs/op"), repeated(7, "8 allocs/op"), true},
		{repeated(7, "7 allocs/op"), repeated(7, "7 allocs/op"), false},
		{repeated(7, "7 allocs/op"), repeated(7, "6 allocs/op"), false},
		{repeated(7, "7 allocs/op"), append(repeated(6, "9 allocs/op"), "7 allocs/op"), false},
	} {
		metrics := exactMetrics(sampled(t, "", c.was, c.is), 0.001)
		if len(metrics) != 1 || metrics[0].Unit != "allocs/op" || metrics[0].Worse != c.worse {
			t.Errorf("%v to %v: %+v, want worse = %v", c.was, c.is, metrics, c.worse)
		}
	}
}

func TestAllocationsThatVaryByThemselvesNeedThePairs(t *testing.T) {
	var was, similar, more []string
	for i := range 13 {
		was = append(was, fmt.Sprintf("%d allocs/op", 1000+i%5))
		similar = append(similar, fmt.Sprintf("%d allocs/op", 1001+(i+1)%4))
		more = append(more, fmt.Sprintf("%d allocs/op", 1010+i%5))
	}
	if exactMetrics(sampled(t, "", was, similar), 0.001)[0].Worse {
		t.Error("a chance minimum counts as a regression")
	}
	if !exactMetrics(sampled(t, "", was, more), 0.001)[0].Worse {
		t.Error("ten more allocations in every pair are not found")
	}
}

func TestExactMetricThatHeadNoLongerReportsIsWorse(t *testing.T) {
	const header = "Unit nll assume=exact better=lower\n"
	r := sampled(t, header, repeated(3, "2.5 nll 7 allocs/op"), repeated(3, "64 B/op"))
	for _, s := range r.Samples[arms.Head] {
		clear(s.Units) // the declaration went with the metric
	}
	for _, m := range exactMetrics(r, 0.001) {
		if !m.Worse {
			t.Errorf("%+v: nothing stands in its place, and yet not worse", m)
		}
	}
	if n := len(exactMetrics(r, 0.001)); n != 2 {
		t.Errorf("%d exact metrics, want 2", n)
	}
	if metrics := exactMetrics(sampled(t, header, []string{"64 B/op"}, []string{"2.5 nll"}), 0.001); len(metrics) != 0 {
		t.Errorf("new in head, so there is nothing to compare with: %+v", metrics)
	}
}

func TestMetricThatIsDeclaredExactAndVariesIsNamedAndNotRedByChance(t *testing.T) {
	var was, is []string
	for i := range 13 {
		was, is = append(was, fmt.Sprintf("2.%d nll", 50+i%5)), append(is, fmt.Sprintf("2.%d nll", 51+i%4))
	}
	metrics := exactMetrics(sampled(t, "Unit nll assume=exact better=lower\n", was, is), 0.001)
	if len(metrics) != 1 || !metrics[0].Varies || metrics[0].Worse {
		t.Errorf("%+v, want one that varies and is not worse", metrics)
	}
}

func TestBytesAreNotExact(t *testing.T) {
	if metrics := exactMetrics(sampled(t, "", []string{"64 B/op"}, []string{"65 B/op"}), 0.001); len(metrics) != 0 {
		t.Errorf("compared exactly: %+v", metrics)
	}
}

func TestDeclaredMetricsAreComparedExactly(t *testing.T) {
	for _, c := range []struct {
		declared, was, is string
		worse             bool
	}{
		{"assume=exact better=lower", "2.5", "2.5000001", true},
		{"assume=exact better=lower", "2.5", "2.4", false},
		{"assume=exact better=higher", "2.5", "2.4999", true},
		{"assume=exact better=higher", "2.5", "2.6", false},
		{"assume=exact", "2.5", "2.4", true},
		{"assume=exact", "2.5", "2.5", false},
		{"assume=exact better=lower", "2.5", "NaN", true},
	} {
		header := ""
		for key := range strings.FieldsSeq(c.declared) {
			header += "Unit nll " + key + "\n"
		}
		metrics := exactMetrics(sampled(t, header, repeated(7, c.was+" nll"), repeated(7, c.is+" nll")), 0.001)
		if len(metrics) != 1 || metrics[0].Unit != "nll" || metrics[0].Worse != c.worse {
			t.Errorf("%s, %s to %s: %+v, want worse = %v", c.declared, c.was, c.is, metrics, c.worse)
		}
	}
}
