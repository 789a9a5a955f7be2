package main

import (
	_ "embed"
	"html/template"
	"io"
	"time"
)

//go:embed page.html
var source string

var layout = template.Must(template.New("page").Parse(source))

// page is what the template shows.
type page struct {
	Written     string
	Warnings    []string
	Verdicts    []verdictLine
	Right       int
	Alarm       string
	Matrix      matrix
	Conventions []convention
	Speeds      []speed
	Annealing   []figure
	Evidence    []figure
	Gate        *gateVerdict
	Provenance  table
	Bias        []string
	Nothing     bool
}

func write(out io.Writer, f *facts) error {
	p := page{
		Written: time.Now().UTC().Format("2006-01-02 15:04 MST"), Warnings: f.warnings,
		Verdicts: verdicts(f.laws), Alarm: alarm(len(f.laws)), Matrix: matrixOf(f.laws), Conventions: conventions(f.laws),
		Provenance: provenance(f), Bias: bias,
		Nothing: len(f.runs) == 0 && len(f.laws) == 0 && f.gate == nil,
	}
	for _, v := range p.Verdicts {
		if v.Good {
			p.Right++
		}
	}
	var err error
	if p.Speeds, err = speeds(f, &looks{}); err != nil {
		return err
	}
	if p.Annealing, err = annealing(f); err != nil {
		return err
	}
	if p.Evidence, err = evidence(f); err != nil {
		return err
	}
	if p.Gate, err = gateOf(f.gate); err != nil {
		return err
	}
	return layout.Execute(out, p)
}
