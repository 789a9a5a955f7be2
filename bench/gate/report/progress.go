package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"temper/props/verdict"
)

// Progress shows what a run is doing: on a terminal in one line that is overwritten,
// elsewhere in a new line now and then.
type Progress struct {
	w        io.Writer
	terminal bool
	width    int // of the line on the terminal
	shown    time.Time
}

// NewProgress shows progress on f.
func NewProgress(f *os.File) *Progress {
	info, err := f.Stat()
	return &Progress{w: f, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// updateEvery is the time between updates where lines are not overwritten.
const updateEvery = 10 * time.Second

// Say announces a step.
func (p *Progress) Say(format string, args ...any) {
	p.line(verdict.Printable(fmt.Sprintf(format, args...)))
	p.shown = time.Now()
}

// Update says how far a step has come. Where lines are not overwritten, most updates
// are dropped.
func (p *Progress) Update(format string, args ...any) {
	if p.terminal || time.Since(p.shown) >= updateEvery {
		p.Say(format, args...)
	}
}

// Note prints a line that stays on the screen.
func (p *Progress) Note(format string, args ...any) {
	p.Clear()
	fmt.Fprintln(p.w, "gate: "+verdict.Printable(fmt.Sprintf(format, args...)))
}

func (p *Progress) line(text string) {
	if !p.terminal {
		fmt.Fprintln(p.w, "gate: "+text)
		return
	}
	p.Clear()
	p.width = len(text) + len("gate: ")
	fmt.Fprint(p.w, "gate: "+text)
}

// Clear removes the line that is overwritten.
func (p *Progress) Clear() {
	if p.terminal && p.width > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.width)+"\r")
		p.width = 0
	}
}
