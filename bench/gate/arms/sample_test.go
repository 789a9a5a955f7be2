//go:build unix

package arms

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestPatternMatchesOneBenchmarkOnly(t *testing.T) {
	const name = "Sum/n=1|2(a.b)#01"
	parts := strings.Split(pattern(name), "/")
	for i, element := range strings.Split("Benchmark"+name, "/") {
		matches := regexp.MustCompile(parts[i])
		if !matches.MatchString(element) || matches.MatchString(element+"0") || matches.MatchString("x"+element) {
			t.Errorf("%s does not match %s alone", parts[i], element)
		}
	}
}

func TestTheFastestPieceSpeaksForASampleAndAllCount(t *testing.T) {
	var s Sample
	for i, seconds := range []float64{3, 1, 2} {
		results, _, err := parse(fmt.Appendf(nil, "BenchmarkX 1 %v sec/op\n", seconds), 1)
		if err != nil || len(results) != 1 {
			t.Fatal(results, err)
		}
		s = s.with(Sample{Result: results[0], Seconds: seconds, switches: int64(i + 1), steal: time.Second, wall: time.Minute})
	}
	if value, _ := s.Result.Value("sec/op"); s.Seconds != 1 || value != 1 {
		t.Errorf("%v s, result %v, want those of the fastest", s.Seconds, value)
	}
	if s.switches != 6 || s.steal != 3*time.Second || s.wall != 3*time.Minute {
		t.Errorf("switches %d, steal %v, wall %v, want the sums", s.switches, s.steal, s.wall)
	}
}
