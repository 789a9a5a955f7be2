//go:build unix

package arms

import (
	"bytes"
	"maps"
	"regexp"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// parse reads a benchmark's output. Names lose the suffix -GOMAXPROCS.
func parse(out []byte, procs int) ([]*benchfmt.Result, benchfmt.UnitMetadataMap, error) {
	var results []*benchfmt.Result
	reader := benchfmt.NewReader(bytes.NewReader(mended(out)), "benchmark output")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			result = result.Clone()
			result.Name = benchfmt.Name(withoutProcs(string(result.Name), procs))
			results = append(results, result)
		}
	}
	return results, reader.Units(), reader.Err()
}

func withoutProcs(name string, procs int) string {
	if procs == 1 {
		return name
	}
	return strings.TrimSuffix(name, "-"+strconv.Itoa(procs))
}

var (
	begun    = regexp.MustCompile(`(Benchmark\S*)[ \t]*\t`)
	measured = regexp.MustCompile(`[0-9]+\t.* allocs/op\s*$`)
)

// mended puts the lines together that a benchmark tore apart because it prints to
// standard output. The testing package writes a name, runs the benchmark, and writes the
// result behind it; from
//
//	BenchmarkSum-2	42 is the sum
//	     100	        11.5 ns/op	       0 B/op	       0 allocs/op
//
// come "42 is the sum" and a line with the name and the result.
func mended(out []byte) []byte {
	var lines bytes.Buffer
	name := ""
	for line := range bytes.Lines(out) {
		if start := begun.FindSubmatchIndex(line); start != nil {
			name = string(line[start[2]:start[3]])
			writeLine(&lines, line[:start[0]])
			line = line[start[1]:]
		}
		if result := measured.FindIndex(line); result != nil && name != "" {
			writeLine(&lines, line[:result[0]])
			lines.WriteString(name + "\t")
			name, line = "", line[result[0]:]
		}
		lines.Write(line)
	}
	return lines.Bytes()
}

// writeLine writes text as a line of its own, if there is any.
func writeLine(lines *bytes.Buffer, text []byte) {
	if text = bytes.TrimSpace(text); len(text) > 0 {
		lines.Write(text)
		lines.WriteByte('\n')
	}
}

var (
	failed    = regexp.MustCompile(`(?m)^(.*\t)?--- FAIL: Benchmark(\S*)\n((?:[ \t].*\n?)*)`)
	stackTop  = regexp.MustCompile(`\.Benchmark([\pL\pN_]+)[.(]`)
	traceback = regexp.MustCompile(`(?m)^(?:panic|fatal error): `)
)

// failures returns what benchmarks said that failed, by name: those that the testing
// package lists, and else the one in which the program died, which the stack shows.
func failures(said string, procs int) map[string]string {
	found := map[string]string{}
	for _, m := range failed.FindAllStringSubmatch(said+"\n", -1) {
		name := m[2]
		if m[1] != "" { // it failed after its name had been printed, with the suffix
			name = withoutProcs(name, procs)
		}
		found[name] = strings.TrimSpace(m[3])
	}
	if died := traceback.FindStringIndex(said); died != nil {
		if m := stackTop.FindStringSubmatch(said[died[0]:]); m != nil {
			found[m[1]] = said[died[0]:]
		}
	}
	maps.DeleteFunc(found, func(name, _ string) bool { return isParent(name, found) })
	return found
}

// isParent returns whether a part of the benchmark is among those that failed: then it
// fails for no other reason.
func isParent(name string, failed map[string]string) bool {
	for other := range failed {
		if strings.HasPrefix(other, name+"/") {
			return true
		}
	}
	return false
}
