//go:build unix

package main

import (
	"slices"
	"strings"
	"testing"
)

func TestTypedCommandIsFoundInTheParentsWords(t *testing.T) {
	const cached = "/home/user/.cache/go-build/5e/gate"
	flags := []string{"-base", "HEAD", "-bench", "A B"}
	for _, c := range []struct {
		parent, self, want string
		noFlags            bool
	}{
		{parent: "go tool gate", self: cached, want: "go tool gate"},
		{parent: "/usr/local/go/bin/go tool -modfile=tools/go.mod gate", self: cached, want: "/usr/local/go/bin/go tool -modfile=tools/go.mod gate"},
		{parent: "go -C sub tool -modfile tools/go.mod temper/bench/gate", self: cached, want: "go -C sub tool -modfile tools/go.mod temper/bench/gate"},
		{parent: "go tool gate", self: cached, want: "go tool gate", noFlags: true},
		{parent: "make gate", self: "./gate", want: "./gate"},
		{parent: "-bash", self: "/home/ada/go/bin/gate", want: "/home/ada/go/bin/gate"},
		{parent: "", self: cached, want: "go tool gate"},
	} {
		parent, args := strings.Fields(c.parent), []string{c.self}
		if !c.noFlags {
			args = append(args, flags...)
			parent = append(parent, flags...)
		}
		if got := strings.Join(typedBy(parent, args), " "); got != c.want {
			t.Errorf("%s by %q: %q, want %q", c.self, parent, got, c.want)
		}
	}
	if got := typedBy([]string{"go", "tool", "gate", "-base", "HEAD"}, []string{"./gate", "-base", "main"}); !slices.Equal(got, []string{"./gate"}) {
		t.Errorf("a go command with other arguments is taken for the parent: %q", got)
	}
}
