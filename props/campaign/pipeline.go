package main

import (
	"context"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
)

func init() { // a worker finds these by their names
	register.DoFn3x1[[]byte, func(string), func(string), error](&begin{})
	register.DoFn1x2[string, string, error](&tryLaw{})
	register.Function1x2(byLawAndSubject)
	register.Combiner3[pile, string, string](&merge{})
	register.Function2x1(withoutKey)
	register.DoFn3x1[context.Context, int, func(*string) bool, error](&writeTable{})
	register.Emitter1[string]()
	register.Iter1[string]()
}

// build is the campaign as a pipeline: the elements that are still missing are tried, and become
// the rows of a table together with what the journal holds.
func build(s beam.Scope, c campaign, table string) {
	missing, known := beam.ParDo2(s.Scope("begin"), &begin{c}, beam.Impulse(s))
	tried := beam.ParDo(s.Scope("try"), &tryLaw{c}, beam.Reshuffle(s, missing))
	keyed := beam.ParDo(s, byLawAndSubject, beam.Flatten(s, tried, known))
	rows := beam.ParDo(s, withoutKey, beam.CombinePerKey(s.Scope("merge"), &merge{}, keyed))
	if table != "" {
		beam.ParDo0(s.Scope("write"), &writeTable{table}, beam.GroupByKey(s, beam.AddFixedKey(s, rows)))
	}
}

// begin returns the elements that are missing, and the results that the journal holds.
type begin struct{ Campaign campaign }

func (b *begin) ProcessElement(_ []byte, missing, known func(string)) error {
	left, lines, err := b.Campaign.state()
	for _, e := range left {
		missing(e.String())
	}
	for _, line := range lines {
		known(line)
	}
	return err
}

// tryLaw tries a law on a subject, and writes the result into the journal.
type tryLaw struct{ Campaign campaign }

func (t *tryLaw) ProcessElement(line string) (string, error) {
	e, err := parseElement(line)
	if err != nil {
		return "", err
	}
	r, err := e.try(t.Campaign.Population, t.Campaign.Inputs)
	if err == nil && t.Campaign.Journal != "" {
		err = t.Campaign.journal().append(r.String())
	}
	return r.String(), err
}

// byLawAndSubject is the key under which results are merged, and the result.
func byLawAndSubject(line string) (string, string) {
	fields := strings.SplitN(line, "\t", 4)
	return strings.Join(fields[:3], "\t"), line
}

func withoutKey(_, row string) string { return row }

// writeTable writes all rows in order, under another name until they are all there.
type writeTable struct{ File string }

func (w *writeTable) ProcessElement(ctx context.Context, _ int, next func(*string) bool) error {
	var rows []string
	for row := ""; next(&row); {
		if row != "" {
			rows = append(rows, row)
		}
	}
	slices.Sort(rows)
	fs, err := filesystem.New(ctx, w.File)
	if err != nil {
		return err
	}
	defer fs.Close()
	text := strings.Join(append([]string{strings.Join(columns, "\t")}, rows...), "\n") + "\n"
	if err := filesystem.Write(ctx, fs, w.File+".part", []byte(text)); err != nil {
		return err
	}
	return filesystem.Rename(ctx, fs, w.File+".part", w.File)
}
