package server_test

import (
	"flag"
	"io"
	"log"
)

var (
	runs  = flag.Int("runs", 1, "how often each honest server is checked; every second one is left out at 1")
	seeds = flag.Int("seeds", 1, "seeds that each planted bug is tried with")
)

// quiet takes what servers log of clients that leave.
var quiet = log.New(io.Discard, "", 0)
