package main

import (
	"fmt"

	"golang.org/x/perf/benchfmt"

	"temper/bench/report/results"
)

// table is one table of a document. Its first implementation is the baseline.
type table struct {
	document, name string
	record         string // file of bench/record
	head           []string
	impls          []string
	rows           []tableRow
	bracket        func(r tableRow, result, base *benchfmt.Result) string // what stands behind a time
}

type tableRow struct {
	label string // the cells before the numbers
	row   results.Row
	share bool // the share of the roofline is worth showing
	// newer is of a row that older records have not: it is left out where the last
	// implementation has no result.
	newer bool
}

const (
	oneRow = "vocab=131072 rows=1 logits=zipf T=0.7"
	memory = "vocab=131072 rows=256 logits=zipf T=0.7"
)

var variants = []string{"reference", "gonum", "portable", "avx2", "avx512"}

var tables = []table{
	{
		document: "README.md", name: "speed", record: "amd-epyc-zen5.txt",
		head: append([]string{""}, variants...), impls: variants, bracket: timesBaseline("%.1f×", "%.0f×"),
		rows: []tableRow{
			{label: "LogSumExp, a row of 131072, T = 0.7", row: results.Row{Operation: "LogSumExp", Workload: oneRow}},
			{label: "Anneal, the same", row: results.Row{Operation: "Anneal", Workload: oneRow}},
			{label: "Sample, the same", row: results.Row{Operation: "Sample", Workload: oneRow}},
			{label: "Draw with top-p 0.9, the same", row: results.Row{Operation: "Sampler", Workload: "vocab=131072 rows=1 logits=zipf cut=T,p0.9 T=0.7"}, newer: true},
			{label: "LogProbs, 1024 rows of 38, logits of a neural model", row: results.Row{Operation: "LogProbs", Workload: "vocab=38 rows=1024 logits=model T=0.7"}},
			{label: "LogProbs, 256 rows of 131072", row: results.Row{Operation: "LogProbs", Workload: memory}},
		},
	},
	{
		document: "bench/README.md", name: "variants", record: "amd-epyc-zen5.txt",
		head: []string{"", "reference", "gonum", "`portable`", "`avx2`", "`avx512`"}, impls: variants, bracket: shareOfRoofline,
		rows: []tableRow{
			{label: "LogSumExp, a row of 131072, T = 0.7", row: results.Row{Operation: "LogSumExp", Workload: oneRow}},
			{label: "LogProbs, the same", row: results.Row{Operation: "LogProbs", Workload: oneRow}},
			{label: "Anneal, the same", row: results.Row{Operation: "Anneal", Workload: oneRow}, share: true},
			{label: "Sample, the same", row: results.Row{Operation: "Sample", Workload: oneRow}},
			{label: "LogProbs, 256 rows of 131072, from memory", row: results.Row{Operation: "LogProbs", Workload: memory}, share: true},
			{label: "the same on 2 threads", row: results.Row{Operation: "LogProbs on 2 threads", Workload: memory}, share: true},
			{label: "LogProbs, 4096 rows of 28", row: results.Row{Operation: "LogProbs", Workload: "vocab=28 rows=4096 logits=zipf T=0.7"}},
		},
	},
	{
		document: "bench/README.md", name: "half width", record: "amd-epyc-zen5.txt",
		head: []string{"", "", "float32", "bfloat16", "float16"}, impls: []string{"float32", "bfloat16", "float16"}, bracket: timesBaseline("%.2f×", "%.1f×"),
		rows: []tableRow{
			halfWidth("a row of 131072, second-level cache", "HalfWidth", oneRow, "avx512"),
			halfWidth("256 rows, from memory", "HalfWidth", memory, "avx512"),
			halfWidth("the same on 2 threads", "HalfWidth on 2 threads", memory, "avx512"),
			halfWidth("the same on 2 threads", "HalfWidth on 2 threads", memory, "avx2"),
			halfWidth("the same on 2 threads", "HalfWidth on 2 threads", memory, "portable"),
		},
	},
}

func halfWidth(label, operation, workload, variant string) tableRow {
	return tableRow{label: fmt.Sprintf("%s | `%s`", label, variant), row: results.Row{Operation: operation, Workload: workload + " variant=" + variant}}
}

// timesBaseline is how many times as fast as the baseline a result is, in the one format
// below ten and in the other from there on.
func timesBaseline(few, many string) func(tableRow, *benchfmt.Result, *benchfmt.Result) string {
	return func(_ tableRow, result, base *benchfmt.Result) string {
		if base == nil || result == base {
			return ""
		}
		each, _ := results.Pace(result)
		was, _ := results.Pace(base)
		if was/each < 9.95 {
			return fmt.Sprintf(few, was/each)
		}
		return fmt.Sprintf(many, was/each)
	}
}

// shareOfRoofline is shown from a tenth on.
func shareOfRoofline(r tableRow, result, _ *benchfmt.Result) string {
	percent, ok := result.Value("%limit")
	if !r.share || !ok || percent < 10 {
		return ""
	}
	return fmt.Sprintf("%.0f %%", percent)
}
