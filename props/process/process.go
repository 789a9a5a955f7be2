package process

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"temper/props/verdict"
)

// patience is how long a program may take.
type patience struct {
	start  time.Duration // to say who it is: importing a framework takes a while
	answer time.Duration // to answer one question
	end    time.Duration // to end when it should
	notice time.Duration // before a notice says what is waited for
}

// usual leaves an answer less than the two minutes of [props.Deadline], after
// which the suite itself gives an input up, so that the failure names the program
// and its question.
var usual = patience{start: time.Minute, answer: 100 * time.Second, end: 5 * time.Second, notice: 5 * time.Second}

// linger is how long the pipes of a program that has ended stay open for what it
// wrote last; only something that it started and that was not killed uses it up.
const linger = time.Second

// Process is a running program that answers questions one at a time. It is safe
// for concurrent use.
type Process struct {
	patience patience
	notices  io.Writer // what is waited for
	command  *exec.Cmd
	mark     string // a variable in the environment of all that it starts
	in       io.WriteCloser
	outPipe  *os.File
	out      *bufio.Reader
	stderr   tail
	hello    hello

	killed atomic.Bool   // from here, as it did not do what it should
	ended  chan struct{} // closed when the program has ended
	how    error         // how it ended, after that
	heard  chan struct{} // closed when nothing more comes on standard error
	held   bool          // something else holds standard error open, after that

	mu     sync.Mutex
	asked  int
	failed error // why nothing can be asked any more
}

// Start runs a program and waits up to a minute until it has said what it provides.
// When a greeting or, later, an answer takes longer than five seconds, a line on
// standard error says what is waited for.
func Start(command string, args ...string) (*Process, error) {
	return start(usual, os.Stderr, exec.Command(command, args...))
}

func start(patience patience, notices io.Writer, command *exec.Cmd) (*Process, error) {
	p := &Process{patience: patience, notices: notices, command: command, mark: "TEMPER_PROCESS_" + rand.Text(),
		ended: make(chan struct{}), heard: make(chan struct{})}
	ownGroup(command)
	command.Env = append(command.Environ(), p.mark+"=1")
	if err := p.begin(); err != nil {
		return nil, err
	}
	const longest = 1 << 16
	line, err := p.exchange(nil, longest, patience.start, "its greeting, a line of JSON with its name and what it provides")
	if err == nil {
		err = p.hello.read(line)
	}
	if err != nil {
		return nil, p.fail(fmt.Errorf("%s: %w", command, err))
	}
	return p, nil
}

// begin starts the program with pipes of its own making: those of package exec
// would not let Wait return before everything that holds them has ended.
func (p *Process) begin() error {
	in, err := p.command.StdinPipe()
	if err != nil {
		return err
	}
	out, outEnd, err := os.Pipe()
	if err != nil {
		return err
	}
	defer outEnd.Close()
	said, saidEnd, err := os.Pipe()
	if err != nil {
		out.Close()
		return err
	}
	defer saidEnd.Close()
	p.command.Stdout, p.command.Stderr = outEnd, saidEnd
	p.in, p.outPipe, p.out = in, out, bufio.NewReaderSize(out, 1<<16)
	begun := make(chan error)
	go p.attend(begun, said)
	go func() {
		_, err := io.Copy(&p.stderr, said)
		p.held = err != nil
		close(p.heard)
	}()
	return <-begun
}

// attend starts the program from a thread that lasts as long as the program does,
// since on Linux the end of that thread kills it (see endWithParent), and waits
// for its end.
func (p *Process) attend(begun chan<- error, said *os.File) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := p.command.Start()
	begun <- err
	if err == nil {
		p.how = p.command.Wait()
		p.reap()
		close(p.ended)
	}
	time.AfterFunc(linger, func() {
		p.outPipe.Close()
		said.Close()
	})
}

// kill kills the program and all that it started, as far as that can be found.
func (p *Process) kill() {
	p.killed.Store(true)
	p.reap()
}

func (p *Process) reap() {
	killGroup(p.command)
	killMarked(p.mark)
}

// Close ends the program's standard input, at which it should end. The error says
// that it did not end by itself or not well, or that a child of it still runs.
func (p *Process) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return nil // it has ended, and the caller was told
	}
	p.failed = fmt.Errorf("%s was closed", p.hello.Name)
	err := p.wait()
	if errors.Is(err, errKilled) {
		err = fmt.Errorf("it did not end within %v (%w)", p.patience.end, err)
	}
	if _, read := io.Copy(io.Discard, p.outPipe); read != nil && !p.held { // nobody else reads it now
		err = errors.Join(err, errHeld)
	}
	if err != nil {
		return fmt.Errorf("%s: at the end: %w", p.hello.Name, err)
	}
	return nil
}

// fail ends the program for good: the error tells why, how it ended and what it
// wrote to standard error last. Later questions fail with a shorter one.
func (p *Process) fail(reason error) error {
	if !errors.Is(reason, errEnded) {
		p.kill()
	}
	if err := p.wait(); err != nil {
		reason = fmt.Errorf("%w (%w)", reason, err)
	}
	p.failed = fmt.Errorf("it failed before: %w", reason)
	if said := strings.TrimSpace(verdict.Printable(p.stderr.String())); said != "" {
		reason = fmt.Errorf("%w; its standard error ends:\n%s", reason, said)
	}
	return reason
}

var errEnded = errors.New("it ended without an answer")

var errKilled = errors.New("it was killed for that, and did not crash")

var errHeld = errors.New("something that it started still runs and holds its output: it was not found among the processes here, or may not be killed")

// wait ends the standard input of the program, lets it end by itself, and kills
// it if it doesn't; what it started ends with it.
func (p *Process) wait() error {
	p.in.Close()
	timer := time.AfterFunc(p.patience.end, p.kill)
	defer timer.Stop()
	<-p.ended
	<-p.heard
	how := p.how
	if p.killed.Load() && how != nil && how.Error() == "signal: killed" {
		how = errKilled
	}
	if p.held {
		return errors.Join(how, errHeld)
	}
	return how
}

// exchange writes a line and reads one, all within the time given; what names in
// words what is waited for.
func (p *Process) exchange(question []byte, longest int, within time.Duration, what string) ([]byte, error) {
	type outcome struct {
		line []byte
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		if _, err := p.in.Write(question); err != nil {
			done <- outcome{nil, errEnded}
			return
		}
		line, err := readLine(p.out, longest)
		done <- outcome{line, err}
	}()
	timer, notice := time.NewTimer(within), time.NewTimer(p.patience.notice)
	defer timer.Stop()
	defer notice.Stop()
	for {
		select {
		case got := <-done:
			return got.line, got.err
		case <-notice.C:
			fmt.Fprintf(p.notices, "%s: nothing for %v; waiting up to %v for %s\n", p.command, p.patience.notice, within, what)
		case <-timer.C:
			return nil, fmt.Errorf("no answer within %v", within)
		}
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
			return nil, errEnded
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
