package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"temper/props"
	"temper/props/verdict"
)

// pile is a set of results, as sorted lines. Merging is the union of sets, so that neither the
// order nor doubled lines change anything; numbers are added up only when the set is complete.
type pile struct {
	Lines []string
}

// merge is the combine of Beam.
type merge struct{}

func (merge) CreateAccumulator() pile { return pile{} }

func (merge) AddInput(p pile, line string) pile {
	at, found := slices.BinarySearch(p.Lines, line)
	if !found {
		p.Lines = slices.Insert(p.Lines, at, line)
	}
	return p
}

func (merge) MergeAccumulators(a, b pile) pile {
	all := slices.Concat(a.Lines, b.Lines)
	slices.Sort(all)
	return pile{slices.Compact(all)}
}

func (merge) ExtractOutput(p pile) (string, error) {
	m, err := newMerged(p.Lines)
	if err != nil || m.held+m.broken == 0 {
		return "", err // no row for a law that does not apply
	}
	return m.String(), nil
}

// merged is what came of one law on one subject, over all seeds.
type merged struct {
	suite, subject, law string
	runs, held, broken  int // of those that are neither, the law does not apply to what is provided
	inputs, draws       int
	logE                float64 // nats: of the mean over bets of the product over runs; 0 where nothing was bet
	defect              string  // whose bet is worth most
	seed                uint64  // of the first run that broke the law
	detail              string  // what it said, or what the first run measured
}

// newMerged adds up results of one law on one subject. Runs with one seed have one stream of
// random numbers. Two results for one seed that differ cannot both be what the element gives:
// they come from streams that overlap, of different programs or settings, or the subject is no
// function of what it is given. They are refused.
func newMerged(lines []string) (merged, error) {
	var results []result
	for _, line := range lines {
		r, err := parseResult(line)
		if err != nil {
			return merged{}, fmt.Errorf("%w: %q", err, line)
		}
		results = append(results, r)
	}
	slices.SortFunc(results, func(a, b result) int { // lines are sorted as texts
		return cmp.Or(cmp.Compare(a.seed, b.seed), strings.Compare(a.String(), b.String()))
	})
	m := merged{suite: results[0].suite, subject: results[0].subject, law: results[0].law}
	worth := map[string]float64{}
	for i, r := range results {
		if i > 0 && r.seed == results[i-1].seed {
			return merged{}, fmt.Errorf("two different results of the law %s on %q with the seed %d, whose streams overlap:\n%v\n%v", r.law, r.subject, r.seed, results[i-1], r)
		}
		m.add(r, worth)
	}
	m.weigh(worth)
	return m, nil
}

// add takes the next seed in.
func (m *merged) add(r result, worth map[string]float64) {
	m.runs++
	m.inputs += r.Inputs
	switch r.Status {
	case verdict.Held:
		m.held++
	case verdict.Broken:
		m.broken++
	}
	if m.detail == "" || r.Status == verdict.Broken && m.broken == 1 {
		m.seed, m.detail = r.seed, r.Detail
	}
	if r.Evidence == nil {
		return
	}
	m.draws += r.Evidence.Draws
	for _, bet := range r.Evidence.Bets {
		worth[bet.Defect] += bet.LogE // seed after seed, so that the rounding is always the same
	}
}

// weigh sets the evidence from what each bet is worth over all runs. A bet that a run did not
// make is worth 1 there.
func (m *merged) weigh(worth map[string]float64) {
	if len(worth) == 0 {
		return
	}
	defects := slices.Sorted(maps.Keys(worth))
	most := math.Inf(-1)
	for _, defect := range defects {
		if worth[defect] > most {
			most, m.defect = worth[defect], defect
		}
	}
	total := 0.0
	for _, defect := range defects {
		total += math.Exp(worth[defect] - most)
	}
	m.logE = most + math.Log(total/float64(len(defects)))
}

// The columns of the table.
var columns = []string{"laws", "suite", "subject", "law", "runs", "held", "broken", "inputs", "draws", "log_e", "defect", "seed", "detail"}

func (m merged) String() string {
	return strings.Join([]string{props.Version, m.suite, m.subject, m.law,
		strconv.Itoa(m.runs), strconv.Itoa(m.held), strconv.Itoa(m.broken), strconv.Itoa(m.inputs), strconv.Itoa(m.draws),
		strconv.FormatFloat(m.logE, 'g', -1, 64), m.defect, strconv.FormatUint(m.seed, 10), quoted(m.detail)}, "\t")
}
