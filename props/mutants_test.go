package props_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

var full = flag.Bool("matrix", false, "try every law on every planted bug, and print the matrix laws × mutants")

// TestEveryPlantedBugIsCaught runs the suites over everything that is known to be
// wrong and asks that each bug breaks a law. With -matrix it goes on after the
// first, and asks that each law catches a bug.
func TestEveryPlantedBugIsCaught(t *testing.T) {
	m := newMatrix()
	plant(t, m, "Kernels", kernelMutants(), props.CheckKernels)
	plant(t, m, "Model", modelMutants(), props.CheckModel)
	plant(t, m, "Scorer", scorerMutants(), props.CheckScorer)
	plant(t, m, "Generator", generatorMutants(), props.CheckGenerator)
	if *full {
		m.summarise(t)
	}
	fmt.Printf("killed %d/%d\n", m.caught, m.planted)
}

// matrix is laws × mutants.
type matrix struct {
	caught, planted int
	kills           map[string]int
}

func newMatrix() *matrix { return &matrix{kills: map[string]int{}} }

// plant runs one suite over its mutants.
func plant[S any](t *testing.T, m *matrix, suite string, mutants []mutant[S], check func(S, ...props.Option) verdict.Report) {
	for _, mutant := range mutants {
		var opts []props.Option
		if !*full {
			opts = append(opts, props.UntilBroken(mutant.level))
		}
		report := check(mutant.subject, opts...)
		var must, should []string
		for _, result := range report.Results {
			if result.Status != verdict.Broken || result.Level > mutant.level {
				continue
			}
			m.kills[result.Law]++
			if result.Level == verdict.Must {
				must = append(must, result.Law)
			} else {
				should = append(should, result.Law)
			}
		}
		m.planted++
		if len(must)+len(should) == 0 {
			t.Errorf("not caught: %s, %s (%s): %s, seed %d", suite, mutant.group, mutant.source, mutant.cause, report.Seed)
			continue
		}
		m.caught++
		t.Logf("%-9s %-10s %s (%s)\n\tMust %s\n\tShould %s", suite, mutant.group, mutant.cause, mutant.source, list(must), list(should))
	}
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
		if m.kills[law.ID] == 0 {
			idle = append(idle, law.ID)
		}
	}
	if len(idle) > 0 {
		t.Errorf("laws that caught nothing: %s", strings.Join(idle, ", "))
	}
	ids := make([]string, 0, len(m.kills))
	for id := range m.kills {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		t.Logf("%-26s catches %d", id, m.kills[id])
	}
}

func TestThePlainImplementationKeepsEveryMustLaw(t *testing.T) {
	props.TestKernels(t, newPlain().kernels())
}

func TestAnUnavailableOrEmptyImplementationIsNotPassed(t *testing.T) {
	for _, k := range []reference.Kernels{{Name: "empty", Available: true}, {Name: "absent", LogSumExp: reference.Scalar.LogSumExp}} {
		if err := props.CheckKernels(k).Err(); err == nil || !strings.Contains(err.Error(), "nothing was checked") {
			t.Errorf("%s: %v, want nothing was checked", k.Name, err)
		}
	}
}
