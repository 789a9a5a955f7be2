package server_test

import (
	"flag"
	"io"
	"log"
	"os"
	"runtime/debug"
	"testing"
)

var (
	runs  = flag.Int("runs", 1, "how often each honest server is checked; four of five are left out at 1")
	seeds = flag.Int("seeds", 1, "seeds that each planted bug is tried with")
)

// quiet takes what servers log of clients that leave.
var quiet = log.New(io.Discard, "", 0)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // heaps are small, and collected often
	os.Exit(m.Run())
}
