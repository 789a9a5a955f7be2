package main

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var processes = flag.Bool("processes", false, "build the program and prism, and run campaigns in processes that are killed")

// runsOfProcesses take some seconds, so that there is a middle to kill them in.
const runsOfProcesses = 20

// TestKilledProcessesChangeNoBit compares the tables of three campaigns: of one process; of one
// that is killed in the middle, and run again; and of two parts on a prism apart, with a worker
// process each, of which one is killed in the middle. Prism then fails that part, and it is run
// again.
//
//	go test . -run KilledProcesses -processes -v
func TestKilledProcessesChangeNoBit(t *testing.T) {
	if !*processes {
		t.Skip("without -processes")
	}
	p := programs{t, t.TempDir()}
	p.build("campaign", ".")
	p.build("prism", "github.com/apache/beam/sdks/v2/go/cmd/prism")
	p.must(p.campaign("whole"))
	want := p.table("whole")

	stopped := p.start(p.campaign("stopped"))
	held := p.waitForResults("stopped", 100)
	p.kill(stopped.Process.Pid)
	if stopped.Wait() == nil {
		t.Fatal("the campaign ended before it was killed")
	}
	p.must(p.campaign("stopped"))
	p.compare("one process, killed behind %d results and run again", held, p.table("stopped"), want)

	endpoint := freeAddress(t)
	_, port, _ := net.SplitHostPort(endpoint)
	prism := p.start(exec.Command(filepath.Join(p.dir, "prism"), "--job_port="+port, "--serve_http=false", "--log_kind=text"))
	defer func() {
		p.kill(prism.Process.Pid)
		prism.Wait()
	}()
	p.waitFor("prism", func() bool {
		conn, err := net.Dial("tcp", endpoint)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	first, second := p.start(p.part("1/2", endpoint)), p.start(p.part("2/2", endpoint))
	held = p.waitForResults("parts", 200)
	p.kill(p.workers()[0])
	failed := 0
	for _, driver := range []*exec.Cmd{first, second} {
		if driver.Wait() != nil {
			failed++
		}
	}
	if failed != 1 {
		t.Fatalf("%d of two drivers failed after one worker was killed", failed)
	}
	for _, part := range []string{"1/2", "2/2"} {
		p.must(p.part(part, endpoint))
	}
	p.must(p.campaign("parts")) // nothing is left to try: it writes the table
	p.compare("two workers, one killed behind %d results", held, p.table("parts"), want)
}

// programs are processes in a folder.
type programs struct {
	*testing.T
	dir string
}

func (p programs) build(name, path string) {
	p.Helper()
	p.must(exec.Command("go", "build", "-o", filepath.Join(p.dir, name), path))
}

// campaign is the command of one process with a journal and a table of this name.
func (p programs) campaign(name string, flags ...string) *exec.Cmd {
	flags = append([]string{"-count", strconv.Itoa(runsOfProcesses), "-journal", filepath.Join(p.dir, name+".journal"), "-table", filepath.Join(p.dir, name+".tsv")}, flags...)
	return exec.Command(filepath.Join(p.dir, "campaign"), flags...)
}

// part is the command of a driver, for whose part prism starts a worker process.
func (p programs) part(part, endpoint string) *exec.Cmd {
	script, err := filepath.Abs("worker.sh")
	if err != nil {
		p.Fatal(err)
	}
	program := filepath.Join(p.dir, "campaign")
	environment := fmt.Sprintf(`{"command": %q, "env": {"CAMPAIGN": %q, "PIDS": %q}}`, script, program, p.pids())
	return p.campaign("parts", "-part", part, "-endpoint", endpoint, "-environment_type", "PROCESS", "-environment_config", environment, "-worker_binary", program)
}

// pids is a folder with a file for each worker, named by its process.
func (p programs) pids() string {
	dir := filepath.Join(p.dir, "pids")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.Fatal(err)
	}
	return dir
}

func (p programs) workers() (pids []int) {
	files, err := os.ReadDir(p.pids())
	if err != nil || len(files) != 2 {
		p.Fatalf("workers %v, %v, want two", files, err)
	}
	for _, file := range files {
		pid, err := strconv.Atoi(file.Name())
		if err != nil {
			p.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func (p programs) must(command *exec.Cmd) {
	p.Helper()
	if text, err := command.CombinedOutput(); err != nil {
		p.Fatalf("%v: %v\n%s", command, err, text)
	}
}

func (p programs) start(command *exec.Cmd) *exec.Cmd {
	p.Helper()
	if err := command.Start(); err != nil {
		p.Fatal(err)
	}
	return command
}

func (p programs) kill(pid int) {
	p.Helper()
	process, err := os.FindProcess(pid)
	if err == nil {
		err = process.Kill()
	}
	if err != nil {
		p.Fatal(err)
	}
}

func (p programs) waitFor(what string, done func() bool) {
	p.Helper()
	for range 1200 {
		if done() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.Fatalf("no %s after two minutes", what)
}

// waitForResults waits for so many lines of a journal and returns how many there are.
func (p programs) waitForResults(name string, count int) (results int) {
	p.Helper()
	p.waitFor("results", func() bool {
		text, _ := os.ReadFile(filepath.Join(p.dir, name+".journal"))
		results = bytes.Count(text, []byte("\n")) - 1
		return results >= count
	})
	return results
}

func (p programs) table(name string) string {
	p.Helper()
	text, err := os.ReadFile(filepath.Join(p.dir, name+".tsv"))
	if err != nil {
		p.Fatal(err)
	}
	return string(text)
}

func (p programs) compare(how string, held int, got, want string) {
	p.Helper()
	p.Logf(how+": %d bytes of table, of one process %d", held, len(got), len(want))
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(got, "\n")); diff != "" {
		p.Errorf(how+": the table differs (-, +):\n%s", held, diff)
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
