package verdict

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

var written = Report{Suite: "v1", Subject: "sampler", Seed: 1, Results: []Result{
	{Law: Law{ID: "Draw/Law", Claim: "tokens come with probability p_T"}, Status: Held, Inputs: 9},
}}

func TestPeopleReadTextAndMarkdown(t *testing.T) {
	for format, want := range map[string]string{"text": written.String(), "markdown": written.Markdown()} {
		write, err := Writer(format)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := write(written); err != nil || got != want {
			t.Errorf("%s: %q (%v)", format, got, err)
		}
	}
}

func TestProgramsReadJSONAndTheBadge(t *testing.T) {
	for format, want := range map[string]string{"json": `"suite": "v1"`, "badge": `"message": "1/1 laws"`} {
		write, err := Writer(format)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := write(written); err != nil || !json.Valid([]byte(got)) || !strings.Contains(got, want) {
			t.Errorf("%s: %s (%v)", format, got, err)
		}
	}
}

func TestAnUnknownFormatIsAnError(t *testing.T) {
	if _, err := Writer("xml"); err == nil {
		t.Error("there is a writer of xml")
	}
}

func TestTheExitStatusTellsABrokenLawFromASubjectThatFailed(t *testing.T) {
	result := func(level Level, status Status) Report {
		return Report{Results: append(slices.Clone(written.Results), Result{Law: Law{ID: "Draw/Law", Level: level}, Status: status})}
	}
	failed, strict := result(Must, Broken), result(Should, Broken)
	failed.Failure, strict.Strict = "out of memory", true
	for _, c := range []struct {
		what   string
		report Report
		want   int
	}{
		{"all held", written, 0}, {"Should broken", result(Should, Broken), 0}, {"Should broken, strict", strict, 1},
		{"Must broken", result(Must, Broken), 1}, {"failed after a broken law", failed, 2}, {"nothing", Report{}, 2},
	} {
		if got := c.report.ExitStatus(); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

func TestACommandLineKeepsItsWordsApart(t *testing.T) {
	for want, words := range map[string][]string{
		"cat -n ./a.txt":             {"cat", "-n", "./a.txt"},
		`sh -c 'echo '\''$HOME'\'''`: {"sh", "-c", "echo '$HOME'"},
		"f '' 'a b' x=1":             {"f", "", "a b", "x=1"},
	} {
		if got := CommandLine(words...); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
