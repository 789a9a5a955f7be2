package main

import (
	"slices"
	"strings"

	"temper/props/verdict"
)

// matrix is laws × implementations.
type matrix struct{ Groups []group }

// group is the laws about one operation, and the implementations that provide it.
type group struct {
	Name         string
	Subjects     []string
	Laws         []lawRow
	Held, Broken int
}

type lawRow struct {
	Name, Claim, Level string // without the operation
	Cells              []cell
}

// cell is one law on one implementation. The details of a broken law open.
type cell struct {
	Status               verdict.Status
	Said, Input, Command string
}

// Mark is the status in a character.
func (c cell) Mark() string {
	switch c.Status {
	case verdict.Held:
		return "✓"
	case verdict.Broken:
		return "✗"
	case verdict.Skipped, verdict.NotTried:
		return "?"
	}
	return "·"
}

// matrixOf leaves out laws that apply to none of the implementations.
func matrixOf(reports []lawReport) matrix {
	m := matrix{}
	rows := map[string]*lawRow{}
	var order []verdict.Law
	for i, r := range reports {
		for _, result := range r.Results {
			if result.Status == verdict.NotProvided {
				continue
			}
			row := rows[result.ID]
			if row == nil {
				row = &lawRow{Name: verdict.Printable(strings.TrimPrefix(result.ID, result.Subject()+"/")), Claim: verdict.Printable(result.Claim), Level: result.Level.String(), Cells: make([]cell, len(reports))}
				rows[result.ID] = row
				order = append(order, result.Law)
			}
			row.Cells[i] = cellOf(r, result)
		}
	}
	for _, law := range order {
		name := verdict.Printable(law.Subject())
		at := slices.IndexFunc(m.Groups, func(g group) bool { return g.Name == name })
		if at < 0 {
			at = len(m.Groups)
			m.Groups = append(m.Groups, group{Name: name})
		}
		m.Groups[at].Laws = append(m.Groups[at].Laws, *rows[law.ID])
	}
	for i := range m.Groups {
		m.Groups[i].narrow(reports)
	}
	return m
}

// narrow leaves out the implementations that do not provide the operation, and counts.
func (g *group) narrow(reports []lawReport) {
	var present []int
	for i, r := range reports {
		if slices.ContainsFunc(g.Laws, func(l lawRow) bool { return l.Cells[i].Status != "" }) {
			present = append(present, i)
			g.Subjects = append(g.Subjects, verdict.Printable(r.Subject))
		}
	}
	for l := range g.Laws {
		var kept []cell
		for _, i := range present {
			kept = append(kept, g.Laws[l].Cells[i])
			switch kept[len(kept)-1].Status {
			case verdict.Held:
				g.Held++
			case verdict.Broken:
				g.Broken++
			}
		}
		g.Laws[l].Cells = kept
	}
}

func cellOf(r lawReport, result verdict.Result) cell {
	c := cell{Status: result.Status}
	if result.Status == verdict.Held {
		return c
	}
	c.Said, c.Input = verdict.CutInput(verdict.Printable(result.Detail))
	c.Command = repeat(r, result.ID)
	return c
}

// convention is what a sampler declares, and what was found by asking it.
type convention struct{ Subject, Text string }

func conventions(reports []lawReport) (all []convention) {
	for _, r := range reports {
		if r.Convention != "" {
			all = append(all, convention{verdict.Printable(r.Subject), verdict.Printable(r.Convention)})
		}
	}
	return all
}

// broken names the Must laws about an operation that an implementation breaks. tried says
// whether any report tells.
func broken(reports []lawReport, impl, operation string) (laws []string, tried bool) {
	operation, _, _ = strings.Cut(operation, " on ") // threads
	for _, r := range reports {
		if name, _, _ := strings.Cut(r.Subject, " "); r.Subject != impl && !strings.EqualFold(name, impl) { // "numpy 2.3"
			continue
		}
		for _, result := range r.Results {
			if result.Subject() != operation || result.Status == verdict.NotProvided {
				continue
			}
			tried = true
			if result.Level == verdict.Must && result.Status == verdict.Broken {
				laws = append(laws, verdict.Printable(result.ID))
			}
		}
	}
	return laws, tried
}
