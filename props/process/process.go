package process

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"
)

// patience is how long a program may take.
type patience struct {
	start  time.Duration // to say who it is: importing a framework takes a while
	answer time.Duration // to answer one question
	end    time.Duration // to end when it should
}

// usual leaves an answer less than the two minutes of [props.Deadline], after
// which the suite itself gives an input up, so that the failure names the program
// and its question.
var usual = patience{start: time.Minute, answer: 100 * time.Second, end: 5 * time.Second}

// Process is a running program that answers questions one at a time. It is safe
// for concurrent use.
type Process struct {
	patience patience
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Reader
	stderr   tail
	hello    hello
	ended    chan struct{}

	mu     sync.Mutex
	asked  int
	failed error // why nothing can be asked any more
}

// hello is the line with which a program begins.
type hello struct {
	Protocol   string   `json:"protocol"`
	Name       string   `json:"name"`
	Operations []string `json:"operations"`
}

const protocol = "temper/1"

// Start runs a program and waits until it has said what it provides.
func Start(command string, args ...string) (*Process, error) {
	return start(usual, exec.Command(command, args...))
}

func start(patience patience, command *exec.Cmd) (*Process, error) {
	p := &Process{patience: patience, command: command, ended: make(chan struct{})}
	ownGroup(command)
	command.Stderr = &p.stderr
	command.WaitDelay = patience.end // for what it leaves behind, holding its pipes
	in, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.begin(); err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReaderSize(out, 1<<16)
	const longest = 1 << 16
	line, err := p.exchange(nil, longest, patience.start)
	if err == nil {
		err = p.hello.read(line)
	}
	if err != nil {
		return nil, p.fail(fmt.Errorf("%s: %w", command, err))
	}
	return p, nil
}

// begin starts the program from a thread that lasts as long as the program does:
// on Linux the end of that thread kills it, see endWithParent.
func (p *Process) begin() error {
	begun := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.command.Start()
		begun <- err
		if err == nil {
			<-p.ended
		}
	}()
	return <-begun
}

// read takes in the first line and checks that what it says is known.
func (h *hello) read(line []byte) error {
	if err := json.Unmarshal(line, h); err != nil {
		return fmt.Errorf("its first line is not the JSON of a greeting (%w): %s", err, brief(line))
	}
	if h.Protocol != protocol {
		return fmt.Errorf("it speaks protocol %q, not %q", h.Protocol, protocol)
	}
	if h.Name == "" {
		return fmt.Errorf("its greeting has no name: %s", brief(line))
	}
	for _, operation := range h.Operations {
		if !known(operation) {
			return fmt.Errorf("it provides %q, which is no operation", operation)
		}
	}
	return nil
}

// Close ends the program: its standard input ends, and so should it.
func (p *Process) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return nil // it has ended, and whoever asked was told
	}
	p.failed = fmt.Errorf("%s was closed", p.hello.Name)
	p.in.Close()
	if err := p.wait(); err != nil {
		return fmt.Errorf("%s: at the end: %w", p.hello.Name, err)
	}
	return nil
}

// fail ends the program for good: the error tells why, how it ended and what it
// wrote to standard error last. Later questions only hear of it.
func (p *Process) fail(reason error) error {
	if !errors.Is(reason, io.EOF) {
		killGroup(p.command)
	}
	p.in.Close()
	if err := p.wait(); err != nil {
		reason = fmt.Errorf("%w (%w)", reason, err)
	}
	p.failed = fmt.Errorf("it failed before: %w", reason)
	if said := strings.TrimSpace(p.stderr.String()); said != "" {
		reason = fmt.Errorf("%w; its standard error ends:\n%s", reason, said)
	}
	return reason
}

// wait lets the program end by itself, and kills it if it doesn't; what it
// started ends with it.
func (p *Process) wait() error {
	timer := time.AfterFunc(p.patience.end, func() { killGroup(p.command) })
	defer timer.Stop()
	err := p.command.Wait()
	close(p.ended)
	killGroup(p.command)
	return err
}

// exchange writes a line and reads one, all within the time given.
func (p *Process) exchange(question []byte, longest int, within time.Duration) ([]byte, error) {
	type outcome struct {
		line []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		if _, err := p.in.Write(question); err != nil {
			done <- outcome{nil, fmt.Errorf("it does not read: %w", io.EOF)}
			return
		}
		line, err := readLine(p.out, longest)
		done <- outcome{line, err}
	}()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case got := <-done:
		return got.line, got.err
	case <-timer.C:
		return nil, fmt.Errorf("no answer within %v", within)
	}
}

// readLine reads up to the next newline, but no more than any right answer has.
func readLine(r *bufio.Reader, longest int) ([]byte, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("it ended without an answer: %w", io.EOF)
		case len(line) > longest:
			return nil, fmt.Errorf("an answer of more than %d bytes, which no right one has: %s", longest, brief(line))
		}
	}
}

// brief shows the beginning of a line.
func brief(line []byte) string {
	const shown = 120
	line = []byte(strings.TrimSpace(string(line)))
	if len(line) <= shown {
		return fmt.Sprintf("%q", line)
	}
	return fmt.Sprintf("%q … (%d bytes)", line[:shown], len(line))
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
}

func (t *tail) Write(text []byte) (int, error) {
	const most = 2000
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, text...)
	t.kept = t.kept[max(0, len(t.kept)-most):]
	return len(text), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.kept)
}
