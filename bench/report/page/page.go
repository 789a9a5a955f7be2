package main

import (
	"cmp"
	_ "embed"
	"html/template"
	"io"
	"slices"
	"time"
)

//go:embed page.html
var source string

// layout is used in copies, each with a glossary of its own.
var layout = template.Must(template.New("page").Funcs(template.FuncMap{"words": newGlossary().link}).Parse(source))

// page is what the template shows.
type page struct {
	Written     string
	Warnings    []string
	Verdicts    []verdictLine
	Right       int
	Alarm       string
	Matrix      matrix
	Broken      []breakage
	Conventions []convention
	Silent      []string // samplers whose reports tell no convention
	Speeds      []speed
	Annealing   []figure
	Hot         bool // the annealing gap is shown where it needs words: of three letters, above T = 1
	Evidence    []figure
	Gate        *gateVerdict
	Provenance  table
	Bias        []string
	Words       []term
	Nothing     bool
}

func write(out io.Writer, f *facts) error {
	slices.SortStableFunc(f.laws, func(a, b lawReport) int { return cmp.Compare(rank(a.Report), rank(b.Report)) })
	p := page{
		Written: time.Now().UTC().Format("2006-01-02 15:04 MST"), Warnings: f.warnings,
		Verdicts: verdicts(f.laws), Alarm: alarm(len(f.laws)), Matrix: matrixOf(f.laws), Broken: breakages(f.laws),
		Provenance: provenance(f), Bias: bias,
		Nothing: len(f.runs) == 0 && len(f.laws) == 0 && f.gate == nil,
	}
	for _, v := range p.Verdicts {
		if v.Good {
			p.Right++
		}
	}
	p.Conventions, p.Silent = conventions(f.laws)
	shared, words := &looks{}, newGlossary()
	p.Words = words.terms
	var err error
	if p.Speeds, err = speeds(f, shared); err != nil {
		return err
	}
	if p.Annealing, err = annealing(f); err != nil {
		return err
	}
	p.Hot = hot(f)
	if p.Evidence, err = evidence(f, shared); err != nil {
		return err
	}
	if p.Gate, err = gateOf(f.gate); err != nil {
		return err
	}
	linked, err := layout.Clone()
	if err != nil {
		return err
	}
	return linked.Funcs(template.FuncMap{"words": words.link}).Execute(out, p)
}
