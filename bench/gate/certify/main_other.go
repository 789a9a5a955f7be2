//go:build !unix

// Certify runs the gate, which needs Unix.
package main

import (
	"fmt"
	"os"
	"runtime"
)

func main() {
	fmt.Fprintf(os.Stderr, "certify: runs on Unix only (Linux, macOS, BSD), and this is %s/%s\n", runtime.GOOS, runtime.GOARCH)
	os.Exit(2)
}
