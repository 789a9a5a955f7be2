//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"temper/bench/gate/gatetest"
	"temper/bench/gate/report"
)

// moments are when a run is interrupted, after its first words: while it copies,
// builds, calibrates, links and times.
func moments() (after []time.Duration) {
	step, end := 2400*time.Millisecond, 5*time.Second
	if gatetest.Slow() {
		step, end = 300*time.Millisecond, 12*time.Second
	}
	for t := 100 * time.Millisecond; t < end; t += step {
		after = append(after, t)
	}
	return after
}

func TestAnInterruptedRunLeavesNothingBehind(t *testing.T) {
	gate := buildGate(t)
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	for i, moment := range moments() {
		signal := signals[i%len(signals)]
		r := gate.start(t)
		time.Sleep(moment)
		if err := r.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		r.cmd.Wait()
		if code := r.cmd.ProcessState.ExitCode(); code != 128+int(signal) && moment < time.Second {
			t.Errorf("%v after %v: exit %d", signal, moment, code)
		}
		r.leavesNothing(t)
	}
}

func TestTheNextRunRemovesWhatAKilledOneLeft(t *testing.T) {
	gate := buildGate(t)
	for i, moment := range moments() {
		if i%3 != 0 {
			continue
		}
		r := gate.start(t)
		time.Sleep(moment)
		r.cmd.Process.Kill()
		r.cmd.Wait()
		r.endsAllProcesses(t)
		aMinuteAgo := time.Now().Add(-time.Minute)
		for _, folder := range r.left() {
			if err := os.Chtimes(folder, aMinuteAgo, aMinuteAgo); err != nil {
				t.Fatal(err)
			}
		}
		next := r.command(gate, "-base", "no-such-commit")
		next.Run()
		if code := next.ProcessState.ExitCode(); code != report.ExitUsage {
			t.Errorf("the next run: exit %d", code)
		}
		r.leavesNothing(t)
	}
}

// gateBinary is the command, built.
type gateBinary string

func buildGate(t *testing.T) gateBinary {
	t.Helper()
	if testing.Short() {
		t.Skip("not short: the command is built, and run for seconds")
	}
	path := filepath.Join(t.TempDir(), "gate")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return gateBinary(path)
}

// running is a run of the command, with a folder for temporary files to itself.
type running struct {
	cmd       *exec.Cmd
	dir, temp string
	status    string // of the repository, before
}

func (g gateBinary) start(t *testing.T) *running {
	t.Helper()
	r := &running{dir: demoRepository(t), temp: t.TempDir()}
	gatetest.Files(t, r.dir, map[string]string{"uncommitted.txt": "kept as it is"})
	r.status = gatetest.Git(t, r.dir, "status", "--porcelain")
	r.cmd = r.command(g, "-base", "HEAD", "-bench", "Rest")
	words, err := r.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill() })
	if _, err := io.ReadFull(words, make([]byte, len("gate:"))); err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, words)
	return r
}

func (r *running) command(g gateBinary, args ...string) *exec.Cmd {
	cmd := exec.Command(string(g), append([]string{"-C", r.dir, "-o", filepath.Join(r.dir, "gate.out")}, args...)...)
	cmd.Env = append(os.Environ(), "TMPDIR="+r.temp)
	return cmd
}

// left are the temporary folders and files that are there.
func (r *running) left() []string {
	found, _ := filepath.Glob(filepath.Join(r.temp, "*"))
	return found
}

func (r *running) leavesNothing(t *testing.T) {
	t.Helper()
	if left := r.left(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if status := gatetest.Git(t, r.dir, "status", "--porcelain"); status != r.status {
		t.Errorf("git status was %q and is %q", r.status, status)
	}
	r.endsAllProcesses(t)
}

// endsAllProcesses waits for the last of those that work in the run's folders.
func (r *running) endsAllProcesses(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		alive := r.processes()
		if len(alive) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("still alive: %q", alive)
		}
	}
}

// processes are those that run in the folders, or were started with a path into
// them; none where the system has no /proc.
func (r *running) processes() (found []string) {
	all, _ := filepath.Glob("/proc/[0-9]*")
	for _, process := range all {
		cwd, _ := os.Readlink(filepath.Join(process, "cwd"))
		words, _ := os.ReadFile(filepath.Join(process, "cmdline"))
		for _, folder := range []string{r.temp, r.dir} {
			if strings.HasPrefix(cwd, folder) || strings.Contains(string(words), folder) {
				found = append(found, process+": "+strings.ReplaceAll(string(words), "\x00", " "))
				break
			}
		}
	}
	return found
}
