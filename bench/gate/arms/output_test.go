//go:build unix

package arms

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// result is what the testing package writes behind a benchmark's name.
const result = "     100\t        11.5 ns/op\t       3 nll\t       0 B/op\t       0 allocs/op\n"

func TestResultIsFoundAlthoughTheBenchmarkPrints(t *testing.T) {
	for name, printed := range map[string]string{
		"nothing": "", "a line": "42 is the sum\n", "several lines": "\n1\n2\t3\n\n", "no end of line": "42 is the sum ",
		"a unit": "Unit nll assume=exact\n", "a table": "a\tb\n1\t2\n", "another name": "Benchmark me\n",
	} {
		out := "goos: linux\n" + printed + "BenchmarkSum/n=1-2   \t" + printed + result + printed + "BenchmarkNext-2\t" + result + "PASS\n"
		results, units, err := parse([]byte(out), 2)
		if err != nil || len(results) != 2 {
			t.Errorf("%s printed: %d results, %v", name, len(results), err)
			continue
		}
		seconds, _ := results[0].Value("sec/op")
		if string(results[0].Name) != "Sum/n=1" || string(results[1].Name) != "Next" || seconds != 11.5e-9 {
			t.Errorf("%s printed: %s of %v s, %s", name, results[0].Name, seconds, results[1].Name)
		}
		if declared := len(units) > 0; declared != (name == "a unit") {
			t.Errorf("%s printed: units %v", name, units)
		}
	}
}

func TestBenchmarksThatFailAreNamedWithWhatTheySay(t *testing.T) {
	for _, c := range []struct {
		name, said string
		want       map[string]string
	}{
		{"at the first operation", "--- FAIL: BenchmarkSum\n    a_test.go:5: 41\nBenchmarkNext-2\t" + result + "FAIL\nexit status 1\n", map[string]string{"Sum": "a_test.go:5: 41"}},
		{"later", "BenchmarkSum-2  \t--- FAIL: BenchmarkSum-2\n    a_test.go:5: 41\nFAIL\n", map[string]string{"Sum": "a_test.go:5: 41"}},
		{"a part", "--- FAIL: BenchmarkSum/n=1\n    a_test.go:5: 41\n--- FAIL: BenchmarkSum\nFAIL\n", map[string]string{"Sum/n=1": "a_test.go:5: 41"}},
		{"without words", "--- FAIL: BenchmarkSum\nFAIL\n", map[string]string{"Sum": ""}},
		{"two", "--- FAIL: BenchmarkA\n    x\n--- FAIL: BenchmarkB\n    y\nFAIL\n", map[string]string{"A": "x", "B": "y"}},
		{"a panic", "goos: linux\npanic: boom\n\ngoroutine 7 [running]:\nexample.org/m/v2.BenchmarkSum.func1(0xc0000b6008)\n\t/a_test.go:9 +0x1\n", map[string]string{"Sum": "panic: boom"}},
		{"a panic elsewhere", "panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n", nil},
		{"no failure", "BenchmarkSum-2\t" + result + "PASS\n", nil},
	} {
		got := failures(c.said, 2)
		if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(c.want))) {
			t.Errorf("%s: found %q", c.name, got)
		}
		for name, words := range c.want {
			if !strings.HasPrefix(got[name], words) || words == "" && got[name] != "" {
				t.Errorf("%s: %s says %q, want %q", c.name, name, got[name], words)
			}
		}
	}
}
