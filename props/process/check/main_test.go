package main

import (
	"encoding/json"
	"strings"
	"testing"

	"temper/props/verdict"
)

var report = verdict.Report{Suite: "v1", Subject: "sampler", Seed: 1, Results: []verdict.Result{
	{Law: "Draw/Law", Claim: "tokens come with probability p_T", Status: verdict.Held, Inputs: 9},
}}

func TestPeopleReadTextAndMarkdown(t *testing.T) {
	for format, want := range map[string]string{"text": report.String(), "markdown": report.Markdown()} {
		if got, err := write(report, format); err != nil || got != want {
			t.Errorf("%s: %q (%v)", format, got, err)
		}
	}
}

func TestProgramsReadJSONAndTheBadge(t *testing.T) {
	for format, want := range map[string]string{"json": `"suite": "v1"`, "badge": `"message": "1/1 laws"`} {
		got, err := write(report, format)
		if err != nil || !json.Valid([]byte(got)) || !strings.Contains(got, want) {
			t.Errorf("%s: %s (%v)", format, got, err)
		}
	}
}

func TestAnUnknownFormatIsAnError(t *testing.T) {
	if _, err := write(report, "xml"); err == nil {
		t.Error("xml was written")
	}
}
