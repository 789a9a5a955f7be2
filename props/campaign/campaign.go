package main

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// campaign is what is to be tried. The driver and the workers compute the elements from it, each
// by itself.
type campaign struct {
	Population   string // one of populations
	Count        int    // runs: one subject with one seed each
	Law, Subject string // only laws whose IDs begin, and subjects whose SUITE/NAME contains this
	Inputs       int    // random inputs of each law
	Journal      string // file; "" for none
	Part, Parts  int    // try only part 1, 2, …, Parts of what is missing
}

// elements are those of the first so many runs. Runs go through all subjects and then again with
// another seed; neighbours are of different suites, so that few runs meet all of them. A Check
// function takes its inputs from consecutive seeds, and those of runs are kept far apart.
func (c campaign) elements() ([]element, error) {
	all := slices.DeleteFunc(inTurns(populations[c.Population]()), func(s subject) bool {
		return !strings.Contains(s.suite+"/"+s.name, c.Subject)
	})
	if len(all) == 0 {
		return nil, fmt.Errorf("no subject has a name with %q", c.Subject)
	}
	var elements []element
	for n := range c.Count {
		s, seed := all[n%len(all)], uint64(n/len(all)+1)*1_000_000
		for _, l := range s.laws {
			if strings.HasPrefix(l.ID, c.Law) {
				elements = append(elements, element{s.suite, s.name, l.ID, seed})
			}
		}
	}
	if len(elements) == 0 {
		return nil, errors.New("no law of these runs begins with " + strconv.Quote(c.Law))
	}
	// In the order of their hashes, so that slow and fast ones are mixed and the time left is fair.
	slices.SortFunc(elements, func(a, b element) int {
		return cmp.Or(cmp.Compare(hash(a.String()), hash(b.String())), strings.Compare(a.String(), b.String()))
	})
	return elements, nil
}

// inTurns takes a subject of each suite in turn.
func inTurns(all []subject) []subject {
	type turn struct {
		subject
		number int
	}
	var turns []turn
	taken := map[string]int{}
	for _, s := range all {
		turns = append(turns, turn{s, taken[s.suite]})
		taken[s.suite]++
	}
	slices.SortStableFunc(turns, func(a, b turn) int { return cmp.Compare(a.number, b.number) })
	ordered := make([]subject, len(turns))
	for i, t := range turns {
		ordered[i] = t.subject
	}
	return ordered
}

func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// state is which elements are missing in this part, and the lines of the others that the journal
// holds.
func (c campaign) state() (missing []element, known []string, err error) {
	elements, err := c.elements()
	if err != nil {
		return nil, nil, err
	}
	recorded := map[string][]string{}
	if c.Journal != "" {
		lines, err := c.journal().open()
		if err != nil {
			return nil, nil, err
		}
		for _, line := range lines {
			e := strings.Join(strings.SplitN(line, "\t", 5)[:4], "\t")
			recorded[e] = append(recorded[e], line)
		}
	}
	for _, e := range elements {
		lines := recorded[e.String()]
		known = append(known, lines...)
		if len(lines) == 0 && c.tries(e) {
			missing = append(missing, e)
		}
	}
	return missing, known, nil
}

// tries reports whether an element is in this part.
func (c campaign) tries(e element) bool {
	return hash(e.String())%uint64(c.Parts) == uint64(c.Part-1)
}

// journal is that of the campaign.
func (c campaign) journal() journal { return newJournal(c.Journal, c.Population, c.Inputs) }
