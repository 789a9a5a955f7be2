package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"temper/props/verdict"
)

var report = verdict.Report{Suite: "v1", Subject: "sampler", Seed: 1, Results: []verdict.Result{
	{Law: verdict.Law{ID: "Draw/Law", Claim: "tokens come with probability p_T"}, Status: verdict.Held, Inputs: 9},
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

func TestFlagsThatMakeNoSenseAreFoundBeforeTheProgramStarts(t *testing.T) {
	for want, args := range map[string][]string{
		`format "xml"`:                          {"-format", "xml"},
		"-inputs 0: want 1 or more":             {"-inputs", "0"},
		"-inputs -5: want 1 or more":            {"-inputs", "-5"},
		"-law Smaple/: no law":                  {"-law", "Smaple/"},
		"they begin with LogSumExp/, LogProbs/": {"-law", "Model/"},
		"under -long only":                      {"-law", "Draw/Tail"},
	} {
		started := filepath.Join(t.TempDir(), "started")
		check := exec.Command(os.Args[0], append(args, "touch", started)...)
		check.Env = append(os.Environ(), asCheck+"=1")
		said, err := check.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(said), want) {
			t.Errorf("%v: %v, %s", args, err, said)
		}
		if _, err := os.Stat(started); err == nil {
			t.Error("the program ran")
		}
	}
}

func TestALawThatIsNotAboutTheProgramIsAnErrorAndTheProgramEnds(t *testing.T) {
	check := exec.Command(os.Args[0], "-law", "Sampler/", "sh", "-c", `echo '{"protocol": "temper/1", "name": "idle", "operations": ["Draw"]}'; cat; exit 3`)
	check.Env = append(os.Environ(), asCheck+"=1")
	said, err := check.CombinedOutput()
	for _, want := range []string{"-law Sampler/: no law about such programs", "they begin with LogSumExp/", "exit status 3"} {
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(string(said), want) {
			t.Errorf("want %q: %v, %s", want, err, said)
		}
	}
}

func TestAReportThatCannotBeWrittenIsAFailure(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no device that is always full: ", err)
	}
	defer full.Close()
	check := exec.Command(os.Args[0], "sh", "-c", `echo '{"protocol": "temper/1", "name": "idle", "operations": []}'; cat`)
	check.Env = append(os.Environ(), asCheck+"=1")
	var said strings.Builder
	check.Stdout, check.Stderr = full, &said
	err = check.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 2 || !strings.Contains(said.String(), "/dev/stdout") {
		t.Errorf("%v, %q", err, said.String())
	}
}

func TestTheExitStatusTellsABrokenLawFromAProgramThatFailed(t *testing.T) {
	result := func(level verdict.Level, status verdict.Status) verdict.Report {
		return verdict.Report{Results: append(slices.Clone(report.Results), verdict.Result{Law: verdict.Law{ID: "Draw/Law", Level: level}, Status: status})}
	}
	failed, strict := result(verdict.Must, verdict.Broken), result(verdict.Should, verdict.Broken)
	failed.Failure, strict.Strict = "out of memory", true
	for _, c := range []struct {
		what   string
		report verdict.Report
		want   int
	}{
		{"all held", report, 0}, {"Should broken", result(verdict.Should, verdict.Broken), 0}, {"Should broken, strict", strict, 1},
		{"Must broken", result(verdict.Must, verdict.Broken), 1}, {"failed after a broken law", failed, 2}, {"nothing", verdict.Report{}, 2},
	} {
		if got := code(c.report); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
}

func TestAProgramThatEndsIsNoBrokenLaw(t *testing.T) {
	greeting := `{"protocol": "temper/1", "name": "brief", "operations": ["Draw"]}`
	check := exec.Command(os.Args[0], "-law", "Draw/", "sh", "-c", "echo '"+greeting+"'; read question; echo 'out of memory' >&2; exit 3")
	check.Env = append(os.Environ(), asCheck+"=1")
	said, err := check.Output()
	exit := (*exec.ExitError)(nil)
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("%v", err)
	}
	for _, part := range []string{"stopped: Must 0 of ", "question 1 (Draw, 1 rows, T = 1)", "exit status 3", "out of memory", "not tried: Draw/"} {
		if strings.Count(string(said), part) != 1 {
			t.Errorf("want %q once in\n%s", part, said)
		}
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
