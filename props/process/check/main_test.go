package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"temper/props/verdict"
)

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

func TestAReportHasTheCommandThatTriesOneLawAgain(t *testing.T) {
	for executable, want := range map[string]string{
		"/tmp/go-build12/b001/exe/check": "go run temper/props/process/check",
		"./temper-check":                 "./temper-check",
		"/opt/my tools/temper-check":     "'/opt/my tools/temper-check'",
	} {
		got := again(executable, 7, 40, []string{"sh", "-c", "echo 'a'; cat", "", "x=1"})
		if want += ` -seed 7 -inputs 40 -long -law {law} sh -c 'echo '\''a'\''; cat' '' x=1`; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// It is run as it is printed.
func TestTheCommandOfABrokenLawBreaksItAgain(t *testing.T) {
	folder := t.TempDir()
	executable := filepath.Join(folder, "temper check")
	if err := os.Symlink(os.Args[0], executable); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	// A program that refuses everything.
	program := `echo '{"protocol": "temper/1", "name": "no", "operations": ["LogSumExp"], "without": ["T = Infinity"]}'; ` +
		`while read line; do id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/'); echo '{"id": '$id', "error": "no"}'; done`
	run := func(line string) (said string) {
		check := exec.Command("sh", "-c", line)
		check.Env, check.Dir = append(os.Environ(), asCheck+"=1"), folder
		out, err := check.CombinedOutput()
		if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Fatalf("%s: %v, %s", line, err, out)
		}
		return string(out)
	}
	first := run(verdict.CommandLine("./temper check", "-inputs", "5", "-law", "LogSumExp/Accuracy", "sh", "-c", program))
	_, line, told := strings.Cut(first, "\n    again: ")
	line, _, _ = strings.Cut(line, "\n")
	finding, _ := verdict.CutInput(strings.ReplaceAll(first, "\n    input:", "\ninput:")) // how far it is shrunk depends on the time
	if again := run(line); !told || !strings.HasPrefix(again, finding) {
		t.Errorf("%s says\n%swhere it said\n%s", line, again, first)
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
