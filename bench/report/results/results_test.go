package results

import (
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func TestANameIsTakenApart(t *testing.T) {
	reader := benchfmt.NewReader(strings.NewReader("BenchmarkSample/vocab=27/rows=1/T=0.7/impl=avx2-2 100 30 ns/op 1.5 ns/logit\n"), "")
	if !reader.Scan() {
		t.Fatal("no result")
	}
	result := reader.Result().(*benchfmt.Result)
	row, impl := Split(result)
	if want := (Row{"Sample on 2 threads", "vocab=27 rows=1 T=0.7"}); row != want || impl != "avx2" {
		t.Errorf("%+v, %q", row, impl)
	}
	if value, ok := row.Key("rows"); value != "1" || !ok {
		t.Errorf("rows = %q, %v", value, ok)
	}
	if _, ok := row.Key("row"); ok {
		t.Error("there is a key row")
	}
	if got := row.Without("vocab", "T").Workload; got != "rows=1" {
		t.Errorf("without vocab and T: %q", got)
	}
	if each, unit := Pace(result); Duration(each) != "1.50 ns" || unit != "logit" {
		t.Errorf("%v per %s", each, unit)
	}
}

func TestFormatsOfLogitsAreComparedLikeImplementations(t *testing.T) {
	result := &benchfmt.Result{Name: benchfmt.Name("HalfWidth/vocab=27/variant=avx2/format=bfloat16")}
	if row, format := Split(result); row != (Row{"HalfWidth", "vocab=27 variant=avx2"}) || format != "bfloat16" {
		t.Errorf("%+v, %q", row, format)
	}
}

func TestDurationsHaveThreeDigits(t *testing.T) {
	for seconds, want := range map[float64]string{1.234e-10: "0.123 ns", 1.6e-8: "16.0 ns", 1.04e-7: "104 ns", 2e-6: "2.00 µs", .25: "250 ms", 12.03: "12.0 s"} {
		if got := Duration(seconds); got != want {
			t.Errorf("%v s is written %q, want %q", seconds, got, want)
		}
	}
}
