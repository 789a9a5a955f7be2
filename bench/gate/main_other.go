//go:build !unix

// Gate needs Unix: process groups and signals, with which it ends what it started.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Fprintf(os.Stderr, "gate: runs on Unix only (Linux, macOS, BSD), and this is %s/%s\n", runtime.GOOS, runtime.GOARCH)
	os.Exit(2)
}
