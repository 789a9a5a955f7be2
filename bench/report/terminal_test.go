package main

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func kept(t *testing.T) *measurements {
	t.Helper()
	text, err := os.ReadFile("../record/intel-xeon-avx512.txt")
	if err != nil {
		t.Fatal(err)
	}
	m, err := read(bytes.NewReader(text), newMeter(io.Discard, 1))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNarrowTableHas80ColumnsAndALineForEachWorkload(t *testing.T) {
	m := kept(t)
	m.results[0].SetConfig("cpu", strings.Repeat("long ", 40))
	var out bytes.Buffer
	if err := writeNarrow(&out, style{}, origin{features: "avx2+avx512", goVersion: "go1.26", commit: "abc"}, m); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 80 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{
		" LogSumExp                           baseline  best                  times limit\n",
		" 131072 zipf T=0.7                     16.0ns  avx512        0.167ns 96.1x   17%\n",
		"131072x256 zipf T=0.7 ",
		" 131072 zipf k40,p0.95,m0.05,T T=0.8 ",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%.3000s", want, out.String())
		}
	}
	if strings.ContainsRune(out.String(), '\x1b') {
		t.Error("there is colour without a terminal")
	}
}

func TestColourIsForTerminalsWithoutNO_COLOR(t *testing.T) {
	if got := (style{colour: true}).bold("x"); got != "\x1b[1mx\x1b[0m" {
		t.Errorf("bold is %q", got)
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if isTerminal(file) || styleOf(file).colour {
		t.Error("a file is taken for a terminal")
	}
	t.Setenv("NO_COLOR", "1")
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil { // a device of characters, like a terminal
		defer null.Close()
		if styleOf(null).colour {
			t.Error("NO_COLOR is not respected")
		}
	}
}

func TestProgressOnATerminalIsOneLine(t *testing.T) {
	var out bytes.Buffer
	m := newMeter(&out, 4)
	m.terminal = true
	reader := benchfmt.NewReader(strings.NewReader(run), "run")
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			m.show(result)
		}
	}
	m.end()
	if strings.Contains(out.String(), "\n") || !strings.Contains(out.String(), "\r[4/4, ") {
		t.Errorf("progress was %q", out.String())
	}
	for line := range strings.SplitSeq(out.String(), "\r") {
		if len([]rune(line)) > 79 {
			t.Errorf("a line of %d columns wraps: %q", len([]rune(line)), line)
		}
	}
}

func TestRowsWithoutABaselineHaveOnlyABest(t *testing.T) {
	m, err := read(strings.NewReader(run+"BenchmarkAlone/vocab=9/impl="+strings.Repeat("W", 100)+" 1 5 ns/op\nBenchmarkPlain 1 5 ns/op\n"), newMeter(io.Discard, 4))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeNarrow(&out, style{}, origin{}, m); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "       -  WWWWWWWWWWW…   5.00ns\n") {
		t.Errorf("the table is\n%s", out.String())
	}
}
