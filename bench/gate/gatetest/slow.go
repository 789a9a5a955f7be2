//go:build unix

package gatetest

import (
	"flag"
	"testing"
)

var slow = flag.Bool("slow", false, "run the tests that time things for real, half a minute each")

// Slow returns whether the tests were started with -slow.
func Slow() bool { return *slow }

// NeedsSlow skips a test that times things for real unless -slow was given.
func NeedsSlow(t *testing.T) {
	t.Helper()
	if !*slow {
		t.Skip("times things for real, for half a minute: only with -slow")
	}
}
