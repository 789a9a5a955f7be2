package process

import (
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

func TestAProgramDoesNotOutliveWhoeverAskedIt(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	command := fakeCommand("asks a program that does not end")
	command.ExtraFiles = []*os.File{write}
	p, err := start(usual, io.Discard, command)
	if err != nil {
		t.Fatal(err)
	}
	write.Close()
	if err := p.command.Process.Kill(); err != nil { // it alone, with no time to tidy up
		t.Fatal(err)
	}
	if err := read.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(read); err != nil { // ends when nobody holds the other end
		t.Error(err)
	}
	names(t, "killed", p.Close(), "killed")
}

func TestWhatLeftForASessionOfItsOwnEndsWithTheProgram(t *testing.T) {
	held(t, "starts a daemon", func(p *Process) {
		asking(p)()
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	held(t, "crashes with a child in a session of its own", func(p *Process) {
		names(t, "crashes", failure(asking(p)), "it ended without an answer", "exit status 139")
	})
}

func TestAChildThatCannotBeFoundIsReportedAsRunning(t *testing.T) {
	t.Parallel()
	p := started(t, usual, "leaves one that cannot be found")
	asking(p)()
	names(t, "at the end", p.Close(), "something that it started still runs")
}

// apart makes a session of its own for a program.
func apart(command *exec.Cmd) *exec.Cmd {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return command
}
