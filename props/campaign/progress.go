package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"time"
)

// progress counts the lines of this part that workers add to the journal. It is the same whether
// they are this process or others.
type progress struct {
	campaign campaign
	size     int64 // of the journal, as far as it is counted
	done, of int
	began    time.Time
}

func newProgress(c campaign, of int) *progress {
	p := &progress{campaign: c, of: of, began: time.Now()}
	p.count()
	p.done = 0
	return p
}

// count reads the lines that were added. Without a journal nothing is known until the end.
func (p *progress) count() {
	f, err := os.Open(p.campaign.Journal)
	if err != nil {
		return
	}
	defer f.Close()
	added, err := io.ReadAll(io.NewSectionReader(f, p.size, 1<<40))
	if err != nil {
		return
	}
	for line := range bytes.Lines(added) {
		if !bytes.HasSuffix(line, []byte("\n")) {
			return
		}
		p.size += int64(len(line))
		if r, err := parseResult(string(line[:len(line)-1])); err == nil && p.campaign.tries(r.element) {
			p.done++
		}
	}
}

// String is "300 of 1240 laws tried, 3m20s left".
func (p *progress) String() string {
	p.count()
	if p.done == 0 {
		return fmt.Sprintf("0 of %d laws tried", p.of)
	}
	left := time.Since(p.began) / time.Duration(p.done) * time.Duration(max(0, p.of-p.done))
	return fmt.Sprintf("%d of %d laws tried, %v left", p.done, p.of, left.Round(time.Second))
}
