package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"temper/props"
)

// A journal is a file with a heading and a line for each result, written when it is known. It
// is where a campaign that was stopped goes on. Processes on one machine may write to the same
// journal, since a line is written by one call at the end of the file.
type journal struct {
	file    string
	heading string
}

// newJournal is the journal of these elements, whose heading says what its lines depend on
// beside the element.
func newJournal(file, population string, inputs int) journal {
	return journal{file, fmt.Sprintf("temper campaign\tlaws %s\t%s\t%d inputs a law", props.Version, population, inputs)}
}

// open returns the lines of the results, or creates the file. It changes nothing that was
// written. Lines that were cut short when a process was stopped count for nothing.
func (j journal) open() (lines []string, err error) {
	text, err := os.ReadFile(j.file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(text) == 0 {
		return nil, j.append(j.heading)
	}
	if err != nil {
		return nil, err
	}
	return j.read(string(text))
}

// read takes a journal apart.
func (j journal) read(text string) (lines []string, err error) {
	heading, rest, _ := strings.Cut(text, "\n")
	if heading != j.heading {
		return nil, fmt.Errorf("%s is not a journal of this campaign: its first line is %q, and this campaign's is %q; choose another file with -journal, or remove this one", j.file, heading, j.heading)
	}
	scanner := bufio.NewScanner(strings.NewReader(rest))
	scanner.Buffer(nil, len(rest)+1)
	for n := 2; scanner.Scan(); n++ {
		line := scanner.Text()
		switch _, err := parseResult(line); {
		case errors.Is(err, errCutShort):
		case err != nil:
			return nil, fmt.Errorf("%s:%d is damaged: %w; nothing was changed: repair the line, or delete it to try its law again", j.file, n, err)
		default:
			lines = append(lines, line)
		}
	}
	return lines, scanner.Err()
}

// append adds a line and returns when the file system has it. Where a full disk or the end of a
// process left a part of a line, it begins a new one.
func (j journal) append(line string) error {
	f, err := os.OpenFile(j.file, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	end, err := f.Stat()
	if err != nil {
		return err
	}
	last := []byte{'\n'}
	if end.Size() > 0 {
		if _, err := f.ReadAt(last, end.Size()-1); err != nil {
			return err
		}
	}
	if last[0] != '\n' {
		line = "\n" + line
	}
	if _, err := f.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("%w; what the journal holds is kept: make room, and give the same command again", err)
	}
	return f.Sync()
}
