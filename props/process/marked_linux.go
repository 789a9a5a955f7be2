package process

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// killMarked kills every process whose environment carries the mark, whoever its
// parent is now and whatever group or session it made for itself. What it cannot
// see is a process that was started with another environment, or belongs to
// somebody else.
func killMarked(mark string) {
	const passes = 50 // a killed process may have started another just before, and takes a moment to end
	for range passes {
		marked := markedProcesses(mark)
		if len(marked) == 0 {
			return
		}
		for _, process := range marked {
			_ = process.Kill() // fails if it has ended
		}
		time.Sleep(time.Millisecond)
	}
}

func markedProcesses(mark string) []*os.Process {
	var marked []*os.Process
	environments, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is right, and there is no other error
	for _, path := range environments {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		process, err := os.FindProcess(pid) // first, so that another one that takes its number is not killed for it
		if err != nil {
			continue
		}
		if environment, err := os.ReadFile(path); err == nil && bytes.Contains(environment, []byte(mark+"=")) {
			marked = append(marked, process)
		}
	}
	return marked
}
