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

// Each library for Node is timed or named, whichever are installed.
func TestNodeTimesItsLibrariesOrNamesThem(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: times")
	}
	if err := exec.Command("node", "--version").Run(); err != nil {
		t.Skipf("NOT TESTED: no node here: %v", err)
	}
	logits := filepath.Join(t.TempDir(), "logits")
	file, err := os.Create(logits)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := binary.Write(file, binary.LittleEndian, []float32{1, 2, 3, 0.5}); err != nil {
		t.Fatal(err)
	}
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
