package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"temper/props/server/fake"
)

// said runs the command.
func said(args ...string) (status int, out, progress string) {
	var o, p strings.Builder
	status = run(args, &o, &p)
	return status, o.String(), p.String()
}

func TestArgumentsThatMakeNoSenseAreExplained(t *testing.T) {
	for want, args := range map[string][]string{
		"usage: check [flags] URL":    {},
		"usage: check":                {"a", "b"},
		`format "xml"`:                {"-format", "xml", "localhost:1"},
		"-requests 0: want more":      {"-requests", "0", "localhost:1"},
		"-rate -1: want more":         {"-rate", "-1", "localhost:1"},
		"begins with ftp://":          {"ftp://localhost"},
		"flag provided but not defin": {"-law", "x", "localhost:1"},
	} {
		if status, _, progress := said(args...); status != 2 || !strings.Contains(progress, want) {
			t.Errorf("%v: status %d, %s", args, status, progress)
		}
	}
}

func TestTheExitStatusAndTheReportSayWhatWasFound(t *testing.T) {
	t.Setenv("TEMPER_KEY", "secret-key")
	for _, c := range []struct {
		bug    string
		status int
		want   string
	}{{"", 0, "passes: Must"}, {fake.StopIgnored, 1, "broken Ends/Stop"}} {
		s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Llama, List: 20, Bug: c.bug}))
		status, out, progress := said("-rate", "100000", s.URL)
		s.Close()
		if status != c.status || !strings.Contains(out, c.want) || !strings.Contains(progress, "laws left") {
			t.Errorf("%q: status %d\n%s%s", c.bug, status, out, progress)
		}
		if strings.Contains(out+progress, "secret-key") {
			t.Error("the key was printed")
		}
	}
}

func TestAServerThatIsNotThereIsAFailure(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	if status, out, _ := said(s.URL); status != 2 || !strings.Contains(out, "connection refused") {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestTheTimeOfARunIsBounded(t *testing.T) {
	s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Llama, List: 20}))
	defer s.Close()
	if status, out, _ := said("-time", "300ms", "-rate", "50", s.URL); status != 2 || !strings.Contains(out, "the time of the run is over") {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestProgramsReadJSON(t *testing.T) {
	s := httptest.NewServer(fake.New(fake.Config{Dialect: fake.Chat}))
	defer s.Close()
	status, out, _ := said("-rate", "100000", "-format", "json", s.URL)
	if status != 0 || !json.Valid([]byte(out)) || !strings.Contains(out, `"Draws/One"`) {
		t.Errorf("status %d\n%s", status, out)
	}
}

func TestAReportThatCannotBeWrittenIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no device that is always full: ", err)
	}
	defer full.Close()
	var progress strings.Builder
	if status := run([]string{"127.0.0.1:9"}, full, &progress); status != 2 || !strings.Contains(progress.String(), "no space") {
		t.Errorf("status %d, %s", status, progress.String())
	}
}
