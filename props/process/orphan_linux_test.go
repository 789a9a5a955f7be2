package process

import (
	"io"
	"os"
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
	p, err := start(usual, command)
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
