//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// typed returns the command that the user typed to start this process, without the
// arguments: a path, or "go tool -modfile=tools/go.mod gate".
func typed() []string { return typedBy(parentWords(), os.Args) }

// typedBy returns what the parent process was called with, without the arguments that it
// handed on, if the parent is the go command. From "go tool gate -base HEAD" it returns
// "go tool gate". If the parent is not known, a program in the cache of the go command
// was probably started by go tool gate, and any other by its path.
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
