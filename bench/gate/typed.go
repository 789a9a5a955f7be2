//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// typed is the command that started this process as its user typed it, without
// this process's own arguments: a path, or go tool with its flags.
func typed() []string { return typedBy(parentWords(), os.Args) }

// typedBy finds this process's arguments at the end of its parent's words where
// the parent is the go command. A parent that is gone, or whose words are
// unknown, leaves the usual one for a binary out of Go's cache.
func typedBy(parent, args []string) []string {
	n := len(parent) - (len(args) - 1)
	if n >= 3 && strings.HasPrefix(filepath.Base(parent[0]), "go") && slices.Equal(parent[n:], args[1:]) {
		return parent[:n:n]
	}
	if strings.Contains(args[0], "go-build") {
		return []string{"go", "tool", "gate"}
	}
	return args[:1:1]
}
