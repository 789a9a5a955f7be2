//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"temper/props/verdict"
)

// progress tells people what is going on: on a terminal in one line that is
// written over, elsewhere in a line now and then.
type progress struct {
	w        io.Writer
	terminal bool
	width    int // of the line on the terminal
	shown    time.Time
}

func newProgress(f *os.File) *progress {
	info, err := f.Stat()
	return &progress{w: f, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

const quietFor = 10 * time.Second

// say announces a step.
func (p *progress) say(format string, args ...any) {
	p.line(verdict.Printable(fmt.Sprintf(format, args...)))
	p.shown = time.Now()
}

// update is a step's progress: dropped where lines would pile up.
func (p *progress) update(format string, args ...any) {
	if p.terminal || time.Since(p.shown) >= quietFor {
		p.say(format, args...)
	}
}

// note stays on the screen.
func (p *progress) note(format string, args ...any) {
	p.clear()
	fmt.Fprintln(p.w, "gate: "+verdict.Printable(fmt.Sprintf(format, args...)))
}

func (p *progress) line(text string) {
	if !p.terminal {
		fmt.Fprintln(p.w, "gate: "+text)
		return
	}
	p.clear()
	p.width = len(text) + len("gate: ")
	fmt.Fprint(p.w, "gate: "+text)
}

// clear removes the line that is written over.
func (p *progress) clear() {
	if p.terminal && p.width > 0 {
		fmt.Fprint(p.w, "\r"+strings.Repeat(" ", p.width)+"\r")
		p.width = 0
	}
}

// showProgress tells which pair is being timed and how long it can take yet.
func (c *comparison) showProgress(pair int) {
	next := c.plan.Last()
	for _, look := range c.plan.Looks {
		if look.Pairs > pair {
			next = look.Pairs
			break
		}
	}
	most := time.Duration(c.plan.Last()-pair) * (c.linkTime + c.pairTime())
	c.progress.update("pair %d, next look after %d, at most %d; %d rows open; %v gone, at most %v left",
		pair+1, next, c.plan.Last(), c.openRows(), time.Since(c.started).Round(time.Second),
		min(most, c.left()).Round(time.Second))
}
