package subjects

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

var (
	full  = flag.Bool("matrix", false, "try every law on every planted bug, and print the matrix laws × mutants")
	seeds = flag.Int("seeds", 1, "how many seeds to try every planted bug with")
	note  = flag.Bool("note", false, "write which law catches each planted bug to caught.tsv")
	show  = flag.String("show", "", "planted bugs of kernels to show the failures of, by a part of their cause")
)

// TestEveryPlantedBugIsCaught runs the suites over everything that is known to be
// wrong and asks that each bug breaks a law: the one that caught.tsv names is tried first,
// and all others where it finds nothing. With -matrix every law is tried, and asked to
// catch a bug; with -seeds 20 each bug has to be caught 20 times.
func TestEveryPlantedBugIsCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: every suite runs over every planted bug")
	}
	for run := range *seeds {
		m := newMatrix()
		for _, of := range suites(Bugs()) {
			plant(t, m, of)
		}
		if *full {
			m.summarise(t)
		}
		if *note {
			if err := writeCaught(t, m.first); err != nil {
				t.Error(err)
			}
		}
		fmt.Printf("run %d of %d: killed %d/%d\n", run+1, *seeds, m.caught, m.planted)
	}
}

// TestShowPlantedBug fails on purpose: it shows what somebody with that bug sees.
func TestShowPlantedBug(t *testing.T) {
	if *show == "" {
		t.Skip("without -show CAUSE")
	}
	var causes []string
	shown := false
	for _, mutant := range kernelMutants() {
		causes = append(causes, mutant.cause)
		if strings.Contains(mutant.cause, *show) {
			shown = true
			t.Run(mutant.cause, func(t *testing.T) { props.TestKernels(t, mutant.subject) })
		}
	}
	if !shown {
		t.Fatalf("-show %q is a part of no cause; near it are\n%s", *show, strings.Join(near(*show, causes), "\n"))
	}
}

// near are the names that share a word with a wrong one, or all if none does.
func near(wrong string, names []string) []string {
	var sharing []string
	for _, name := range names {
		if slices.ContainsFunc(strings.Fields(strings.ToLower(wrong)), func(word string) bool {
			return len(word) > 3 && strings.Contains(strings.ToLower(name), word)
		}) {
			sharing = append(sharing, name)
		}
	}
	if len(sharing) == 0 {
		return names
	}
	return sharing
}

func TestTheNamesNearAWrongOneShareAWordWithIt(t *testing.T) {
	names := []string{"temperature applied twice", "the temperature is ignored", "maximum not subtracted"}
	for wrong, want := range map[string][]string{"Temperature twice": names[:2], "not subtracted once": names[2:], "at all": names} {
		if got := near(wrong, names); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", wrong, got, want)
		}
	}
}

// matrix is laws × mutants.
type matrix struct {
	mutex           sync.Mutex
	caught, planted int
	kills           map[string]int
	first           map[string]string // the first law that caught each mutant
}

func newMatrix() *matrix { return &matrix{kills: map[string]int{}, first: map[string]string{}} }

// suites are the bugs of one suite after the other.
func suites(all []Bug) [][]Bug {
	var of [][]Bug
	for i, bug := range all {
		if i == 0 || bug.Suite != all[i-1].Suite {
			of = append(of, nil)
		}
		of[len(of)-1] = append(of[len(of)-1], bug)
	}
	return of
}

// plant runs one suite over its bugs, a sub-test each.
func plant(t *testing.T, m *matrix, bugs []Bug) {
	known := map[string]string{}
	if !*full && !*note {
		known = readCaught(t)
	}
	t.Run(bugs[0].Suite, func(t *testing.T) {
		for _, bug := range bugs {
			t.Run(bug.Cause, func(t *testing.T) {
				id := bug.Suite + "\t" + bug.Cause
				var opts []props.Option
				if !strings.HasSuffix(bug.Cause, "allocates") { // allocations are counted, other goroutines' too
					t.Parallel()
					counting := func(law props.Law) bool { return strings.HasSuffix(law.ID, "/Allocation") }
					opts = append(opts, without(bug.Suite, "other bugs allocate beside this one", counting)...)
				}
				if !*full {
					opts = append(opts, props.UntilBroken(bug.Level))
				}
				var report verdict.Report
				if law, ok := known[id]; ok {
					report = bug.Check(append(opts[:len(opts):len(opts)], props.Only(law))...)
				}
				if !breaks(report, bug.Level) {
					report = bug.Check(opts...)
				}
				must, should := m.add(id, report, bug.Level)
				if len(must)+len(should) == 0 {
					t.Errorf("not caught: %s (%s): %s, seed %d", bug.Group, bug.Source, bug.Cause, report.Seed)
				}
				t.Logf("%s (%s)\n\tMust %s\n\tShould %s", bug.Cause, bug.Source, list(must), list(should))
			})
		}
	})
}

// breaks reports whether a law of a level or below is broken.
func breaks(report verdict.Report, level verdict.Level) bool {
	return slices.ContainsFunc(report.Results, func(r verdict.Result) bool {
		return r.Status == verdict.Broken && r.Level <= level
	})
}

// allLaws are made once: their inputs take a while.
var allLaws = sync.OnceValue(props.Laws)

// without skips the laws of a suite that are described.
func without(suite, reason string, described func(props.Law) bool) []props.Option {
	var opts []props.Option
	for _, law := range allLaws() {
		if (law.Applies == suite || strings.HasPrefix(law.Applies, suite+".")) && described(law) {
			opts = append(opts, props.Skip(law.ID, reason))
		}
	}
	return opts
}

// add takes in which laws of a level and below caught a mutant.
func (m *matrix) add(mutant string, report verdict.Report, level verdict.Level) (must, should []string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	for _, result := range report.Results {
		if result.Status != verdict.Broken || result.Level > level {
			continue
		}
		m.kills[result.ID]++
		if m.first[mutant] == "" {
			m.first[mutant] = result.ID
		}
		if result.Level == verdict.Must {
			must = append(must, result.ID)
		} else {
			should = append(should, result.ID)
		}
	}
	m.planted++
	if len(must)+len(should) > 0 {
		m.caught++
	}
	return must, should
}

func list(laws []string) string {
	if len(laws) == 0 {
		return "—"
	}
	return strings.Join(laws, ", ")
}

// summarise names the laws that caught nothing.
func (m *matrix) summarise(t *testing.T) {
	var idle []string
	for _, law := range props.Laws() {
		if m.kills[law.ID] == 0 && law.ID != "Draw/Tail" && law.ID != "Draw/LongEdges" { // these have tests of their own
			idle = append(idle, law.ID)
		}
	}
	if len(idle) > 0 {
		t.Errorf("laws that caught nothing: %s", strings.Join(idle, ", "))
	}
	for _, id := range slices.Sorted(maps.Keys(m.kills)) {
		t.Logf("%-26s catches %d", id, m.kills[id])
	}
}

func TestAnUnavailableOrEmptyImplementationIsNotPassed(t *testing.T) {
	for _, k := range []reference.Kernels{{Name: "empty", Available: true}, {Name: "absent", LogSumExp: reference.Scalar.LogSumExp}} {
		if err := props.CheckKernels(k).Err(); err == nil || !strings.Contains(err.Error(), "nothing was checked") {
			t.Errorf("%s: %v, want nothing was checked", k.Name, err)
		}
	}
}

func TestASubjectThatHangsIsFoundAndDoesNotHangTheSuite(t *testing.T) {
	hanging := reference.Kernels{Name: "hanging", Available: true, LogSumExp: func([]float64, []float32, float64) error { select {} }}
	report := props.CheckKernels(hanging, props.Deadline(10*time.Millisecond), props.UntilBroken(verdict.Must))
	if err := report.Err(); !errors.Is(err, verdict.ErrBroken) || !strings.Contains(report.String(), "no answer within 10ms") {
		t.Errorf("%v\n%s", err, report)
	}
}

func TestASubjectThatPanicsIsFoundAndNamed(t *testing.T) {
	panicking := reference.Kernels{Name: "panicking", Available: true, LogSumExp: func([]float64, []float32, float64) error { panic("out of paper") }}
	report := props.CheckKernels(panicking, props.UntilBroken(verdict.Must))
	if err := report.Err(); !errors.Is(err, verdict.ErrBroken) || !strings.Contains(report.String(), "panicked: out of paper") {
		t.Errorf("%v\n%s", err, report)
	}
}

func TestASkippedLawIsNamedAndNotPassed(t *testing.T) {
	k := reference.Kernels{Name: "partial", Available: true, LogSumExp: reference.Scalar.LogSumExp}
	err := props.CheckKernels(k, props.Skip("LogSumExp/Shift", "known"), props.Inputs(2)).Err()
	if !errors.Is(err, verdict.ErrSkipped) || !strings.Contains(err.Error(), "LogSumExp/Shift") {
		t.Errorf("%v, want LogSumExp/Shift named as skipped", err)
	}
	if report := props.CheckKernels(k, props.Skip("LogSumExp/Shfit", "misspelt")); report.Err() == nil {
		t.Error("a law that does not exist was skipped in silence")
	}
}
