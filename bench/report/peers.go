package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Rivals are compared on one step of a sampler, without cuts by five operations and with
// cuts by one.
var peerWorkloads = []string{
	"vocab=131072/rows=1/logits=zipf/T=0.7",
	"vocab=32000/rows=1/logits=zipf/T=0.7",
	"vocab=131072/rows=1/logits=masked/T=0.7",
	"vocab=131072/rows=1/logits=zipf/T=1",
	"vocab=131072/rows=1/logits=zipf/cut=k40/T=0.7",
	"vocab=131072/rows=1/logits=zipf/cut=k200/T=0.7",
	"vocab=131072/rows=1/logits=zipf/cut=T,p0.9/T=0.7",
	"vocab=131072/rows=1/logits=zipf/cut=T,m0.05/T=0.7",
	"vocab=131072/rows=1/logits=zipf/cut=k40,p0.95,m0.05,T/T=0.8",
}

const peerRows = 4*5 + 5

// measurePeers times ours and the rivals of bench/peers, those in Go by its
// benchmarks, those in Python and for Node by scripts. notes say which laws each
// breaks and what could not be measured. Law reports are kept in the folder laws, if it is
// not "".
func measurePeers(progress io.Writer, benchtime, laws string) (m *measurements, notes []string, err error) {
	folder, err := peersFolder()
	if err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(progress, "checking every rival against the laws")
	if notes, err = keptLaws(folder, laws); err != nil {
		return nil, nil, err
	}
	fmt.Fprintln(progress, "building Ollama's sampler (minutes, the first time)")
	ollama := filepath.Join(folder, "ollama")
	kept, ollamaFailed := keptLaws(ollama, laws)
	if ollamaFailed != nil {
		kept = []string{"ollama: not measured: " + ollamaFailed.Error()}
	}
	notes = append(notes, kept...)
	fmt.Fprintln(progress, "measuring")
	meter := newMeter(progress, peerRows)
	defer meter.end()
	m = &measurements{}
	for _, workload := range peerWorkloads {
		pattern := "^Benchmark/^" + strings.ReplaceAll(workload, "/", "$/^") + "$"
		more, err := runPackage(folder, meter, 1, pattern, benchtime, ".")
		if err != nil {
			return nil, nil, err
		}
		m.results, m.raw = append(m.results, more.results...), append(m.raw, more.raw...)
		if ollamaFailed == nil {
			more, err := runPackage(ollama, meter, 1, pattern+"/impl=ollama", benchtime, ".")
			if err != nil {
				return nil, nil, err
			}
			m.results, m.raw = append(m.results, more.results...), append(m.raw, more.raw...)
		}
		more, said, err := runScripts(folder, workload, meter)
		if err != nil {
			return nil, nil, err
		}
		for _, note := range said { // what is not installed is so for every workload
			if !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
		}
		m.results, m.raw = append(m.results, more.results...), append(m.raw, more.raw...)
	}
	return m, notes, nil
}

// keptLaws says of the rivals in a folder which laws they keep, as its TestLaws
// prints it, and keeps the reports.
func keptLaws(folder, reports string) (notes []string, err error) {
	laws := exec.Command("go", "test", "-count=1", "-v", "-timeout=0", "-run=^TestLaws$", ".")
	laws.Dir, laws.Env = folder, append(os.Environ(), "LAWS_TO="+reports)
	out, err := laws.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("go test %s: %w\n%s", folder, err, out)
	}
	for line := range strings.Lines(string(out)) {
		if law, ok := strings.CutPrefix(line, "laws "); ok {
			notes = append(notes, strings.TrimSpace(law))
		}
	}
	return notes, nil
}

// peersFolder is where the nested module lies.
func peersFolder() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "temper").Output()
	if err != nil {
		return "", fmt.Errorf("go list: %w", err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "bench", "peers"), nil
}

// script times libraries of another language, in a process of its own.
type script struct {
	interpreter string
	file        string // below the folder of the rivals
}

// scripts are those of Python and of Node. The environment variable PYTHON names
// Python's interpreter.
func scripts() []script {
	python := os.Getenv("PYTHON")
	if python == "" {
		python = "python3"
	}
	return []script{{python, "python/peers.py"}, {"node", "node/peers.mjs"}}
}

// runScripts runs every script on the logits of a workload.
func runScripts(folder, workload string, meter *meter) (m *measurements, notes []string, err error) {
	scratch, err := os.MkdirTemp("", "peers")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(scratch)
	logits := filepath.Join(scratch, "logits")
	write := exec.Command("go", "test", "-count=1", "-run=^TestWriteLogits$", ".")
	write.Dir, write.Env = folder, append(os.Environ(), "LOGITS_OF="+workload, "LOGITS_TO="+logits)
	if out, err := write.CombinedOutput(); err != nil {
		return nil, nil, fmt.Errorf("go test: %w\n%s", err, out)
	}
	m = &measurements{}
	for _, s := range scripts() {
		more, said, err := s.run(folder, logits, workload, meter)
		if err != nil {
			return nil, nil, err
		}
		notes = append(notes, said...)
		m.results, m.raw = append(m.results, more.results...), append(m.raw, more.raw...)
	}
	return m, notes, nil
}

// run reads the times that a script prints, and as notes what it says of libraries
// that it did not time.
func (s script) run(folder, logits, workload string, meter *meter) (m *measurements, notes []string, err error) {
	_, temperature, _ := strings.Cut(workload, "/T=")
	var stdout, stderr bytes.Buffer
	command := exec.Command(s.interpreter, filepath.Join(folder, s.file), logits, workload, temperature)
	command.Stdout, command.Stderr = &stdout, &stderr
	failed := command.Run()
	for line := range strings.Lines(stderr.String()) {
		notes = append(notes, s.interpreter+": "+strings.TrimSpace(line))
	}
	if failed != nil && len(notes) == 0 {
		notes = append(notes, fmt.Sprintf("%s: not measured: %v", s.interpreter, failed))
	}
	m, err = read(&stdout, meter)
	return m, notes, err
}
