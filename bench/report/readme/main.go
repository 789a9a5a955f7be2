// Command readme writes the tables of README.md and bench/README.md again, from the runs
// that bench/record keeps:
//
//	go run ./bench/report/readme
//
// Each stands between a line <!-- make readme: NAME --> and a line <!-- end -->.
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/perf/benchfmt"

	"temper/bench/report/results"
)

func main() {
	if err := writeAll("."); err != nil {
		fmt.Fprintln(os.Stderr, "readme:", err)
		os.Exit(1)
	}
}

func writeAll(root string) error {
	for _, t := range tables {
		document := root + "/" + t.document
		text, err := os.ReadFile(document)
		if err != nil {
			return err
		}
		fresh, err := t.refreshed(root, string(text))
		if err != nil {
			return err
		}
		if err := os.WriteFile(document, []byte(fresh), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// refreshed is the document with this table written again.
func (t table) refreshed(root, document string) (string, error) {
	begin, end := "<!-- make readme: "+t.name+" -->\n", "<!-- end -->\n"
	before, rest, found := strings.Cut(document, begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return "", fmt.Errorf("%s has no lines %q and %q", t.document, begin, end)
	}
	text, err := t.text(root)
	return before + begin + text + end + after, err
}

// text is the table in Markdown.
func (t table) text(root string) (string, error) {
	cells, err := read(root + "/bench/record/" + t.record)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range t.head {
		b.WriteString(strings.TrimRight("| "+name, " ") + " ")
	}
	fmt.Fprintf(&b, "|\n|%s\n", strings.Repeat("---|", len(t.head)))
	for _, r := range t.rows {
		of := cells[r.row]
		if r.newer && of[t.impls[len(t.impls)-1]] == nil {
			continue
		}
		if of == nil {
			return "", fmt.Errorf("%s has no %v", t.record, r.row)
		}
		fmt.Fprintf(&b, "| %s |", r.label)
		for _, impl := range t.impls {
			result := of[impl]
			if result == nil {
				b.WriteString(" |")
				continue
			}
			each, _ := results.Pace(result)
			fmt.Fprintf(&b, " %s", results.Digits(each*1e9))
			if said := t.bracket(r, result, of[t.impls[0]]); said != "" {
				fmt.Fprintf(&b, " (%s)", said)
			}
			b.WriteString(" |")
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// read holds the results of a file by row and implementation.
func read(file string) (map[results.Row]map[string]*benchfmt.Result, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	cells := map[results.Row]map[string]*benchfmt.Result{}
	reader := benchfmt.NewReader(in, file)
	for reader.Scan() {
		if result, ok := reader.Result().(*benchfmt.Result); ok {
			row, impl := results.Split(result)
			if cells[row] == nil {
				cells[row] = map[string]*benchfmt.Result{}
			}
			cells[row][impl] = result.Clone()
		}
	}
	return cells, reader.Err()
}
