package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Where make report keeps what it ran, and the gate its last report.
const folder, gateReport = "bench/report/out", "gate.out/report.json"

// step makes one file or folder of out.
type step struct {
	makes, what string
	usual       time.Duration // on two processors, for the time left
	command     []string
	kept        bool // what the command prints is the file
}

func steps() []step {
	path := func(name string) string { return filepath.Join(folder, name) }
	return []step{
		{"laws", "the laws on every implementation", 30 * time.Second, []string{"go", "run", "./bench/report/verdicts", path("laws.part")}, false},
		{"exact.txt", "the annealing gap and the bets", 45 * time.Second, []string{"go", "test", "./bench", "-run=^$", "-bench=^Benchmark(AnnealingGap|NextCharacter|Evidence)$", "-benchtime=1x"}, true},
		{"speed.txt", "times", 2 * time.Minute, []string{"go", "run", "./bench/report", "-benchtime=10ms", "-record", path("speed.txt.part")}, false},
	}
}

// runMissing runs the steps whose files are not there. What was begun and not ended
// is begun again.
func runMissing(progress io.Writer) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	var missing []step
	var left time.Duration
	for _, s := range steps() {
		if _, err := os.Stat(filepath.Join(folder, s.makes)); err != nil {
			missing, left = append(missing, s), left+s.usual
		} else {
			fmt.Fprintf(progress, "%s is there; remove it to run %s again\n", filepath.Join(folder, s.makes), s.what)
		}
	}
	for i, s := range missing {
		fmt.Fprintf(progress, "%d of %d, about %v left: %s\n", i+1, len(missing), left, s.what)
		if err := s.run(progress); err != nil {
			return err
		}
		left -= s.usual
	}
	return nil
}

func (s step) run(progress io.Writer) error {
	final := filepath.Join(folder, s.makes)
	part := final + ".part"
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	command := exec.Command(s.command[0], s.command[1:]...)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, progress
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(s.command, " "), err, said.String())
	}
	if s.kept {
		if err := os.WriteFile(part, said.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return os.Rename(part, final)
}
