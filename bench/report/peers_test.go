package main

import (
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestMissingInterpreterIsSaidAndEndsNothing(t *testing.T) {
	m, notes, err := script{"no-such-interpreter", "peers.x"}.run(t.TempDir(), "", "vocab=4/rows=1/logits=flat/T=0.7", newMeter(io.Discard, 1))
	if err != nil || len(m.results) > 0 || len(notes) != 1 || !strings.Contains(notes[0], "no-such-interpreter: not measured") {
		t.Errorf("results %v, notes %q, error %v", m.results, notes, err)
	}
}

// logitsFile holds four logits as the scripts read them.
func logitsFile(t *testing.T) string {
	t.Helper()
	logits := filepath.Join(t.TempDir(), "logits")
	file, err := os.Create(logits)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := binary.Write(file, binary.LittleEndian, []float32{1, 2, 3, 0.5}); err != nil {
		t.Fatal(err)
	}
	return logits
}

// PyTorch is timed with all four steps, or named where it is not installed.
func TestPyTorchIsTimedWithCutsOrNamed(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: times")
	}
	python := scripts()[0]
	if err := exec.Command(python.interpreter, "--version").Run(); err != nil {
		t.Skipf("NOT TESTED: no %s here: %v", python.interpreter, err)
	}
	const workload = "vocab=4/rows=1/logits=flat/cut=k3,T,p0.9,m0.05/T=0.8"
	m, notes, err := python.run("../peers", logitsFile(t), workload, newMeter(io.Discard, 1))
	if err != nil {
		t.Fatal(err)
	}
	timed := strings.Contains(string(m.raw), "BenchmarkSampler/"+workload+"/impl=torch")
	if named := strings.Contains(strings.Join(notes, "\n"), "is not installed"); timed == named || len(m.results) > 1 {
		t.Errorf("timed is %v, named as missing is %v\n%s\n%s", timed, named, m.raw, notes)
	}
}

// Each library for Node is timed or named, whichever are installed.
func TestNodeTimesItsLibrariesOrNamesThem(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: times")
	}
	if err := exec.Command("node", "--version").Run(); err != nil {
		t.Skipf("NOT TESTED: no node here: %v", err)
	}
	logits := logitsFile(t)
	m, notes, err := script{"node", "node/peers.mjs"}.run("../peers", logits, "vocab=4/rows=1/logits=flat/T=0.7", newMeter(io.Discard, 11))
	if err != nil {
		t.Fatal(err)
	}
	said := strings.Join(notes, "\n")
	for library, impl := range map[string]string{"@tensorflow/tfjs": "tfjs", "@huggingface/transformers": "transformers.js", "onnxruntime-node": "onnxruntime"} {
		timed := strings.Contains(string(m.raw), "BenchmarkAnneal/vocab=4/rows=1/logits=flat/T=0.7/impl="+impl)
		if named := strings.Contains(said, library+" is not installed"); timed == named {
			t.Errorf("%s: timed is %v, named as missing is %v\n%s\n%s", library, timed, named, m.raw, said)
		}
	}
	if strings.Contains(said, "wrong") {
		t.Error(said)
	}
}
