//go:build unix

package child

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestFolderAloneSaysWhatAProgramWorksOn(t *testing.T) {
	given := []string{"PATH=/bin", "GIT_DIR=/theirs", "GIT_INDEX_FILE=/theirs/index", "GIT_CONFIG_COUNT=1", "GOWORK=/theirs/go.work", "GOFLAGS=-tags=x"}
	want := []string{"PATH=/bin", "GIT_CONFIG_COUNT=1", "GOFLAGS=-tags=x"}
	if got := environment(given); !slices.Equal(got, want) {
		t.Errorf("left %q, want %q", got, want)
	}
	if got := environment([]string{"GOWORK=off"}); len(got) != 1 {
		t.Error("GOWORK=off names no file, and yet it is left out")
	}
}

func TestExcerptKeepsTheBeginningAndTheEnd(t *testing.T) {
	if short := strings.Repeat("line\n", 40); Excerpt(short) != short {
		t.Error("a short text did not stay as it is")
	}
	got := Excerpt("panic: boom\n" + strings.Repeat("a goroutine\n", 100) + "exit status 2")
	if !strings.HasPrefix(got, "panic: boom\n") || !strings.HasSuffix(got, "\nexit status 2") || !strings.Contains(got, "\n… (62 lines left out)\n") {
		t.Errorf("the excerpt is\n%s", got)
	}
}

func TestWordsOfAFailureAreWhatItPrinted(t *testing.T) {
	for shell, want := range map[string][2]string{
		"echo out; echo err >&2; exit 3": {"err", "out\nerr\nexit status 3"},
		"echo out; exit 3":               {"out", "out\nexit status 3"},
		"exit 3":                         {"", "exit status 3"},
	} {
		_, err := Output(Command(t.Context(), ".", "sh", "-c", shell))
		if err == nil {
			t.Fatalf("%s succeeded", shell)
		}
		if got := [2]string{Words(err), AllWords(err)}; got != want && want[0] != "" || got[1] != want[1] {
			t.Errorf("%s: %q, want %q", shell, got, want)
		}
	}
	if plain := errors.New("plain"); Words(plain) != "plain" || AllWords(plain) != "plain" {
		t.Error("an error of another kind has other words than its own")
	}
}
