package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const run = `goos: linux
cpu: Example
BenchmarkRead/vocab=27/rows=1/logits=flat/T=0.7/impl=sum 100 30.0 ns/op 1.000 ns/logit
BenchmarkSample/vocab=27/rows=1/logits=flat/T=0.7/impl=reference 100 2700 ns/op 1.00 %limit 100.0 ns/logit 0 B/op 0 allocs/op
BenchmarkSample/vocab=27/rows=1/logits=flat/T=0.7/impl=portable 100 270 ns/op 10.0 %limit 10.00 ns/logit 0.25 ulps 0 B/op 0 allocs/op
BenchmarkSampler/vocab=27/rows=1/logits=flat/cut=T,p0.9/T=0.7/impl=reference 100 54000 ns/op 2000.0 ns/logit
BenchmarkSampler/vocab=27/rows=1/logits=flat/cut=T,p0.9/T=0.7/impl=heap 100 27 ns/op 1.0 ns/logit
BenchmarkRead/vocab=27/rows=9/logits=flat/T=0.7/impl=sum-2 100 30.0 ns/op 1.000 ns/logit
PASS
`

func TestTableComparesWithTheReference(t *testing.T) {
	m, err := read(strings.NewReader(run), newMeter(io.Discard, 4))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := writeTable(&out, origin{features: "avx2", commit: "abc"}, m); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"cpu Example (avx2)",
		"commit abc",
		"Sample                              reference     portable\n",
		"  vocab=27 rows=1 logits=flat T=0.7  100.0ns 1%  10.00ns 10x 10% ±0.2\n",
		"Sampler                                        reference  heap\n",
		"  vocab=27 rows=1 logits=flat cut=T,p0.9 T=0.7  2.000µs    1.000ns 2000x\n",
		"Read                                 sum\n",
		"Read on 2 threads                    sum\n",
	} {
		if !strings.Contains(strings.ReplaceAll(out.String(), " ", ""), strings.ReplaceAll(want, " ", "")) {
			t.Errorf("the table lacks %q:\n%s", want, out.String())
		}
	}
	if string(m.raw) != run {
		t.Errorf("the raw text came out as %q", m.raw)
	}
}

func TestEmptyRunIsAnError(t *testing.T) {
	m, err := read(strings.NewReader("PASS\n"), newMeter(io.Discard, 3))
	if err != nil {
		t.Fatal(err)
	}
	if writeTable(io.Discard, origin{}, m) == nil {
		t.Error("a run without results made a table")
	}
}

func TestRecordMayLieInANewFolderAndAnOldOneIsKept(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "record.txt")
	if err := makeFile(name); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := makeFile(name); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(name); err != nil || string(text) != "old" {
		t.Errorf("before anything is measured the record holds %q, %v", text, err)
	}
}

func TestMeterCountsWorkloads(t *testing.T) {
	var out bytes.Buffer
	if _, err := read(strings.NewReader(run), newMeter(&out, 4)); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(out.String()), "\n"); len(lines) != 6 || !strings.HasPrefix(lines[5], "[4/4, ") {
		t.Errorf("progress was\n%s", out.String())
	}
}
