//go:build unix

package arms

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// stealTime returns the time since boot that the host spent on its other guests
// while this one wanted to run, as a mean over the processors. It is 0 where the
// system does not say.
func stealTime() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	return stolen(string(stat))
}

// stolen reads /proc/stat: a line for all processors together, in ticks of 10 ms,
// then a line for each.
//
//	cpu  user nice system idle iowait irq softirq steal …
//	cpu0 user nice …
func stolen(stat string) time.Duration {
	all, each, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(all)
	processors := strings.Count("\n"+each, "\ncpu")
	if len(fields) < 9 || processors == 0 {
		return 0
	}
	ticks, err := strconv.ParseInt(fields[8], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(ticks) * 10 * time.Millisecond / time.Duration(processors)
}
