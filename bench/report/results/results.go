// Package results reads what the lines of benchmarks say: the operation, the workload
// and the implementation that a name tells, and the time per logit.
package results

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchunit"
)

// Row is what was measured: an operation on a workload.
type Row struct{ Operation, Workload string }

func (r Row) String() string { return r.Operation + " " + r.Workload }

// compared are the keys of what benchmarks compare: implementations, or formats of logits.
var compared = []string{"impl=", "format="}

// Split takes a benchmark's name apart. What is compared is the implementation, or a format
// of logits. A number of threads belongs to the operation.
func Split(r *benchfmt.Result) (row Row, impl string) {
	base, parts := r.Name.Parts()
	operation := string(base)
	var workload []string
	for _, part := range parts {
		text := strings.TrimPrefix(string(part), "/")
		if i := slices.IndexFunc(compared, func(key string) bool { return strings.HasPrefix(text, key) }); i >= 0 {
			impl = strings.TrimPrefix(text, compared[i])
		} else if threads, ok := strings.CutPrefix(text, "-"); ok {
			operation += " on " + threads + " threads"
		} else {
			workload = append(workload, text)
		}
	}
	return Row{operation, strings.Join(workload, " ")}, impl
}

// Key returns the value of a key of the workload, "131072" of "vocab".
func (r Row) Key(name string) (value string, ok bool) {
	for _, part := range strings.Fields(r.Workload) {
		if value, ok := strings.CutPrefix(part, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// Without returns the row without these keys of its workload.
func (r Row) Without(names ...string) Row {
	var kept []string
	for _, part := range strings.Fields(r.Workload) {
		if name, _, _ := strings.Cut(part, "="); !slices.Contains(names, name) {
			kept = append(kept, part)
		}
	}
	return Row{r.Operation, strings.Join(kept, " ")}
}

// Pace returns the time in seconds per logit where there are logits, and per operation
// elsewhere.
func Pace(r *benchfmt.Result) (each float64, unit string) {
	if each, ok := r.Value("sec/logit"); ok {
		return each, "logit"
	}
	each, _ = r.Value("sec/op")
	return each, "operation"
}

// Duration writes seconds with three digits, for people: 0.190 ns.
func Duration(seconds float64) string {
	for _, u := range []struct {
		unit  string
		scale float64
	}{{"s", 1}, {"ms", 1e-3}, {"µs", 1e-6}} {
		if seconds >= u.scale {
			return Digits(seconds/u.scale) + " " + u.unit
		}
	}
	return Digits(seconds*1e9) + " ns"
}

// Digits writes a number with three digits, 16.0.
func Digits(v float64) string { return strings.TrimSuffix(fmt.Sprintf("%#.3g", v), ".") }

// Seconds writes a duration with four digits and a prefix, in columns: 0.1670ns.
func Seconds(v float64) string { return benchunit.Scale(v, benchunit.Decimal) + "s" }

// Fitted shortens a text to a number of characters.
func Fitted(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
