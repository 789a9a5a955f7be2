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
	Absent       []string // laws that apply to none of the implementations
}

type lawRow struct {
	Name, Claim, Level string // without the operation
	Cells              []cell
}

// cell is one law on one implementation, with a link to more where it is not kept.
type cell struct {
	Status verdict.Status
	Level  verdict.Level
	Link   string
}

// Mark is the status in a character or three: a broken Should law is in brackets.
func (c cell) Mark() string {
	switch c.Status {
	case verdict.Held:
		return "✓"
	case verdict.Broken:
		if c.Level == verdict.Should {
			return "(✗)"
		}
		return "✗"
	case verdict.Skipped, verdict.NotTried:
		return "?"
	}
	return "·"
}

// matrixOf names the laws that apply to none of the implementations, and has no row for them.
func matrixOf(reports []lawReport) matrix {
	m := matrix{}
	rows := map[string]*lawRow{}
	var order, absent []verdict.Law
	for i, r := range reports {
		for _, result := range r.Results {
			if result.Status == verdict.NotProvided {
				absent = append(absent, result.Law)
				continue
			}
			row := rows[result.ID]
			if row == nil {
				row = &lawRow{Name: verdict.Printable(strings.TrimPrefix(result.ID, result.Subject()+"/")), Claim: verdict.Printable(result.Claim), Level: result.Level.String(), Cells: make([]cell, len(reports))}
				rows[result.ID] = row
				order = append(order, result.Law)
			}
			row.Cells[i] = cellOf(i, result)
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
		for _, law := range absent {
			if id := verdict.Printable(law.ID); verdict.Printable(law.Subject()) == m.Groups[i].Name && rows[law.ID] == nil && !slices.Contains(m.Groups[i].Absent, id) {
				m.Groups[i].Absent = append(m.Groups[i].Absent, id)
			}
		}
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

func cellOf(report int, result verdict.Result) cell {
	c := cell{Status: result.Status, Level: result.Level}
	if result.Status == verdict.Broken || result.Status == verdict.Skipped {
		c.Link = lawID(report, result.ID)
	}
	return c
}

// convention is what a sampler declares, and what was found by asking it. Samplers of which
// the same is said are together.
type convention struct{ Subjects, Short, Text string }

func conventions(reports []lawReport) (all []convention, silent []string) {
	for _, r := range reports {
		sampler := slices.ContainsFunc(r.Results, func(result verdict.Result) bool { return result.Subject() == "Sampler" })
		subject, text := verdict.Printable(r.Subject), verdict.Printable(r.Convention)
		if text == "" {
			if sampler {
				silent = append(silent, subject)
			}
			continue
		}
		if i := slices.IndexFunc(all, func(c convention) bool { return c.Text == text }); i >= 0 {
			all[i].Subjects += ", " + subject
			continue
		}
		all = append(all, convention{subject, inShort(text), text})
	}
	return all, silent
}

// inShort is a convention without the rows that tell it from others.
func inShort(text string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "not ") || strings.HasPrefix(line, "not found") {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return strings.Join(kept, "; ")
}
