package main

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"temper/props/verdict"
)

// provenance says where the numbers come from: a row for each file.
func provenance(f *facts) table {
	t := table{Head: []string{"file", "what it holds", "shown in", "settings"}}
	for _, run := range f.runs {
		var settings []string
		for _, c := range run.config {
			if c.Key != "pkg" && (c.File || c.Key == "cpu") { // a file has several packages
				settings = append(settings, verdict.Printable(c.Key+": "+string(c.Value)))
			}
		}
		repeated := 0
		for _, l := range run.lines {
			repeated = max(repeated, l.times)
		}
		often := "each measured once: on a shared machine only the first digit is sure"
		if repeated > 1 {
			often = fmt.Sprintf("up to %d lines each; the median is shown", repeated)
		}
		in := "Speed"
		if slices.ContainsFunc(run.lines, exact) {
			in, often = "Annealing, Proof by betting", "computed exactly, or with a fixed seed"
		}
		t.Rows = append(t.Rows, []string{name(run.file), fmt.Sprintf("%d benchmarks, %s", len(run.lines), often), in, strings.Join(settings, ", ")})
	}
	for _, r := range f.laws {
		_, applicable, total := r.Coverage()
		holds := fmt.Sprintf("%d laws on %s", total, verdict.Printable(r.Subject))
		if applicable < total {
			holds += fmt.Sprintf(", of which %d apply", applicable)
		}
		t.Rows = append(t.Rows, []string{name(r.file), holds, shownIn(r.Report), fmt.Sprintf("suite %s, seed %d", verdict.Printable(r.Suite), r.Seed)})
	}
	if f.gate != nil {
		t.Rows = append(t.Rows, []string{name(f.gateFile), fmt.Sprintf("the gate's verdict on %d rows", len(f.gate.Rows)), "Gate", fmt.Sprintf("seed %d", f.gate.Seed)})
	}
	return t
}

// shownIn are the sections that a law report is shown in.
func shownIn(r verdict.Report) string {
	sections := "Verdicts, Laws"
	if r.Convention != "" {
		sections += ", Conventions"
	}
	if slices.ContainsFunc(r.Results, func(result verdict.Result) bool { return result.Evidence != nil && len(result.Evidence.Paths) > 0 }) {
		sections += ", Proof by betting"
	}
	return sections
}

func name(file string) string { return verdict.Printable(filepath.Base(file)) }

// bias is what a reader should hold against the numbers.
var bias = []string{
	"The variants reference, portable, avx2 and avx512 were written by the authors of the benchmarks and of the laws.",
	"The workloads are chosen by the same authors: rows of many logits by Zipf's law, at T = 0.7. Each runs on one thread, even where the file says that there are more (threads: 2), unless its name says so: “on 2 threads”.",
	"A picture of times shows one run on one machine. Compare within a picture, never times of two runs; on a machine that others share, a single line can be off by tens of percent.",
	"A rival is called as its documentation shows. Where it is faster on other sizes or hardware, this page does not show it.",
	"A law that held was tried on finitely many inputs: it shows no defect, it does not prove that there is none.",
}

// words turns a key's value into words: the spaces of names are underscores.
func words(value string) string { return strings.ReplaceAll(value, "_", " ") }
