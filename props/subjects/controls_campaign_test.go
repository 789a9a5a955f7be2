package subjects

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"temper/props"
)

var (
	campaign = flag.Int("campaign", 0, "try the correct implementations, with ever new seeds, until so many runs are recorded")
	record   = flag.String("record", "campaign.tsv", "file with one line for each run of the campaign")
)

// TestCampaignAgainstFalseAlarms tries all controls with one seed after another
// at full effort, as many at once as there are processors. Each run becomes a line of the
// record; a campaign that was stopped goes on with what is missing. It ends at the first
// Must law that accuses a correct implementation.
//
//	go test ./props/subjects -run Campaign -campaign 1000 -record campaign.tsv -timeout 0
func TestCampaignAgainstFalseAlarms(t *testing.T) {
	if *campaign == 0 {
		t.Skip("without -campaign N")
	}
	done, err := heldRuns(*record)
	if err != nil {
		t.Fatal(err)
	}
	missing := missingRuns(done, *campaign-len(done))
	began, finished, mutex := time.Now(), 0, sync.Mutex{}
	err = inParallel(runtime.GOMAXPROCS(0), func() error {
		for r := range missing {
			report := r.control.Check(props.Seed(r.seed), props.Deadline(time.Hour)) // a busy machine must not accuse the slowest control
			mutex.Lock()
			err := errors.Join(recordRun(*record, r, report.Err()), falseAlarms(report))
			finished++
			each := time.Since(began) / time.Duration(finished)
			fmt.Printf("campaign: %d of %d runs, %v left\n", len(done)+finished, *campaign, (each * time.Duration(*campaign-len(done)-finished)).Round(time.Second))
			mutex.Unlock()
			if err != nil {
				return fmt.Errorf("%s: false alarm from seed %d: %w", r.control.Name, r.seed, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// missingRuns are the first so many runs that are not done.
func missingRuns(done map[string]bool, count int) <-chan campaignRun {
	missing := make(chan campaignRun, max(0, count))
	for n := 0; len(missing) < cap(missing); n++ {
		if r := runNumber(n); !done[r.String()] {
			missing <- r
		}
	}
	close(missing)
	return missing
}

// inParallel runs so many workers and returns what the first one of them that fails says.
func inParallel(workers int, work func() error) error {
	results := make(chan error, workers)
	for range workers {
		go func() { results <- work() }()
	}
	for range workers {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

// campaignRun is one control with one seed.
type campaignRun struct {
	control Control
	seed    uint64
}

// String is what a record knows a run by.
func (r campaignRun) String() string {
	return fmt.Sprintf("%s\t%d\t%s", r.control.Name, r.seed, props.Version)
}

// runNumber n goes through the controls of every suite, and then again with another seed.
// A Check function takes its inputs from consecutive seeds, so that those of runs are kept
// far apart.
func runNumber(n int) campaignRun {
	controls := Controls()
	return campaignRun{controls[n%len(controls)], uint64(n/len(controls)+1) * 1_000_000}
}

// The verdict of a run without a false alarm.
const held = "held"

// heldRuns reads which runs of this edition of the laws a record holds. A run
// that broke a law counts for nothing, and neither does a line cut short.
func heldRuns(file string) (map[string]bool, error) {
	runs := map[string]bool{}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return runs, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if r, ok := strings.CutSuffix(lines.Text(), "\t"+held); ok && strings.HasSuffix(r, "\t"+props.Version) {
			runs[r] = true
		}
	}
	return runs, lines.Err()
}

// recordRun records a run: its control, its seed, the edition of the laws, and the
// verdict on one line.
func recordRun(file string, r campaignRun, broken error) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	verdict := held
	if broken != nil {
		verdict = strings.ReplaceAll(broken.Error(), "\n", "; ")
	}
	_, err = fmt.Fprintf(f, "%v\t%s\n", r, verdict)
	return errors.Join(err, f.Close())
}

// A campaign goes on behind what held under these laws: not behind an accusation,
// another edition, or a line that the end of a process cut short.
func TestACampaignGoesOnBehindWhatItRecorded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "record.tsv")
	if runs, err := heldRuns(file); err != nil || len(runs) != 0 {
		t.Errorf("without a record: %v runs, %v", runs, err)
	}
	for n, broken := range []error{nil, errors.New("broken: one law\nand another"), nil} {
		if err := recordRun(file, runNumber(n), broken); err != nil {
			t.Fatal(err)
		}
	}
	torn := runNumber(3).String() + "\tother edition\t" + held + "\n" + runNumber(4).String() + "\the"
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(torn); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	runs, err := heldRuns(file)
	want := map[string]bool{runNumber(0).String(): true, runNumber(2).String(): true}
	if err != nil || !maps.Equal(runs, want) {
		t.Errorf("runs %v, %v, want %v", runs, err, want)
	}
}
