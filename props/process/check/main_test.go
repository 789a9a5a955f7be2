package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"temper/props/verdict"
)

var report = verdict.Report{Suite: "v1", Subject: "sampler", Seed: 1, Results: []verdict.Result{
	{Law: "Draw/Law", Claim: "tokens come with probability p_T", Status: verdict.Held, Inputs: 9},
}}

func TestPeopleReadTextAndMarkdown(t *testing.T) {
	for format, want := range map[string]string{"text": report.String(), "markdown": report.Markdown()} {
		if got, err := written(format); err != nil || got != want {
			t.Errorf("%s: %q (%v)", format, got, err)
		}
	}
}

func TestProgramsReadJSONAndTheBadge(t *testing.T) {
	for format, want := range map[string]string{"json": `"suite": "v1"`, "badge": `"message": "1/1 laws"`} {
		got, err := written(format)
		if err != nil || !json.Valid([]byte(got)) || !strings.Contains(got, want) {
			t.Errorf("%s: %s (%v)", format, got, err)
		}
	}
}

func TestAnUnknownFormatIsAnError(t *testing.T) {
	if _, err := writer("xml"); err == nil {
		t.Error("there is a writer of xml")
	}
}

func TestAnUnknownFormatIsFoundBeforeTheProgramStarts(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	check := exec.Command(os.Args[0], "-format", "xml", "touch", started)
	check.Env = append(os.Environ(), asCheck+"=1")
	said, err := check.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(said), `format "xml"`) {
		t.Errorf("%v, %s", err, said)
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("the program ran")
	}
}

// asCheck makes the test binary the command itself.
const asCheck = "TEMPER_TEST_AS_CHECK"

func TestMain(m *testing.M) {
	if os.Getenv(asCheck) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func written(format string) (string, error) {
	write, err := writer(format)
	if err != nil {
		return "", err
	}
	return write(report)
}
