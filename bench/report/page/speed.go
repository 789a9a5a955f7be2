package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"

	"temper/bench/report/results"
	"temper/props/verdict"
)

// speed is what one run says of times.
type speed struct {
	Title   string
	Curves  []figure
	Bars    []figure
	LeftOut []string // implementations that break a law, with its name
	Untimed []string // operations with the implementations that have a law report and no time here
	Others  table    // results that are not drawn, because they compare no implementations
}

// rooflines are benchmarks of the memory alone: every other time's limit, not rivals.
var rooflines = []string{"Read", "Copy"}

// speeds draws each run by itself: times of two runs are not compared.
func speeds(f *facts, l *looks) (all []speed, err error) {
	for _, run := range f.runs {
		s := speed{Title: run.title(), Others: table{Head: []string{"benchmark", "time of a call"}}}
		operations, of := s.sort(f, run.lines)
		for _, operation := range operations {
			for _, line := range of[operation] { // looks are given in the order of the file, where the baseline is first
				barLook(line, l)
			}
		}
		for _, operation := range operations {
			if err := s.draw(f, operation, of, l); err != nil {
				return nil, err
			}
		}
		if len(operations) > 0 {
			s.Untimed = untimed(f.laws, run.lines)
		}
		if len(operations)+len(s.LeftOut)+len(s.Others.Rows) > 0 {
			all = append(all, s)
		}
	}
	return all, nil
}

// sort puts the lines that compare implementations together by operation, and names those
// that are not drawn.
func (s *speed) sort(f *facts, lines []line) (operations []string, of map[string][]line) {
	of = map[string][]line{}
	for _, line := range lines {
		operation, _, _ := strings.Cut(line.Operation, " on ")
		if line.pace() <= 0 || exact(line) || line.impl != "" && slices.Contains(rooflines, operation) {
			continue
		}
		if line.impl == "" {
			s.Others.Rows = append(s.Others.Rows, []string{line.Row.String(), results.Duration(line.values["sec/op"])})
			continue
		}
		if laws, _ := broken(f.laws, line.impl, line.Operation); len(laws) > 0 {
			s.leaveOut(line.impl, operation, laws)
			continue
		}
		name := line.Operation
		if cut, ok := line.Key("cut"); ok { // another cut is another operation
			name += ", cut " + cut
		}
		if of[name] == nil {
			operations = append(operations, name)
		}
		of[name] = append(of[name], line)
	}
	return operations, of
}

func (s *speed) leaveOut(impl, operation string, laws []string) {
	note := fmt.Sprintf("%s: its %s breaks %s", impl, operation, laws[0])
	if len(laws) > 1 {
		note += fmt.Sprintf(" and %d more Must laws", len(laws)-1)
	}
	if !slices.Contains(s.LeftOut, note) {
		s.LeftOut = append(s.LeftOut, note)
	}
}

// untimed names, operation by operation of a run, who has a law report and no time.
func untimed(reports []lawReport, lines []line) (all []string) {
	var operations []string
	for _, line := range lines {
		if line.impl != "" && !strings.Contains(line.Operation, " on ") && !slices.Contains(operations, line.Operation) {
			operations = append(operations, line.Operation)
		}
	}
	for _, operation := range operations {
		var missing []string
		for _, r := range reports {
			provides := slices.ContainsFunc(r.Results, func(result verdict.Result) bool {
				return result.Subject() == operation && result.Status != verdict.NotProvided
			})
			timed := slices.ContainsFunc(lines, func(l line) bool { return l.Operation == operation && names(r.Report, l.impl) })
			if provides && !timed {
				missing = append(missing, verdict.Printable(r.Subject))
			}
		}
		if missing != nil {
			all = append(all, operation+": "+strings.Join(missing, ", "))
		}
	}
	return all
}

// draw adds the pictures of an operation, and puts those that have no rival into the table.
func (s *speed) draw(f *facts, operation string, of map[string][]line, l *looks) error {
	lines := of[operation]
	curves, drawn, err := againstVocabulary(operation, lines, l)
	if err != nil {
		return err
	}
	if drawn {
		s.Curves = append(s.Curves, curves)
	}
	rivals := rivalsOf(lines)
	if len(rivals) == 1 {
		for _, line := range lines {
			s.Others.Rows = append(s.Others.Rows, []string{line.Row.String() + " " + line.impl, results.Duration(line.values["sec/op"])})
		}
		return nil
	}
	picture, err := againstRivals(f, operation, rivals, of, l)
	if err == nil {
		s.Bars = append(s.Bars, picture)
	}
	return err
}

// byVocabulary are the lines that differ in the vocabulary only, of the workload that has
// most vocabularies. Where a vocabulary was timed with several numbers of rows, the least
// is taken.
func byVocabulary(lines []line) (workload string, vocabularies []int, at map[int][]line) {
	type point struct{ vocab, rows int }
	of := map[string]map[point][]line{}
	var order []string
	for _, l := range lines {
		vocab, rows := number(l.Row, "vocab"), max(number(l.Row, "rows"), 1)
		if vocab < 1 {
			continue
		}
		rest := l.Row.Without("vocab", "rows").Workload
		if of[rest] == nil {
			of[rest] = map[point][]line{}
			order = append(order, rest)
		}
		of[rest][point{vocab, rows}] = append(of[rest][point{vocab, rows}], l)
	}
	for _, rest := range order {
		least := map[int]int{}
		for p := range of[rest] {
			if rows, ok := least[p.vocab]; !ok || p.rows < rows {
				least[p.vocab] = p.rows
			}
		}
		if len(least) <= len(vocabularies) {
			continue
		}
		workload, vocabularies, at = rest, nil, map[int][]line{}
		for vocab, rows := range least {
			vocabularies = append(vocabularies, vocab)
			at[vocab] = of[rest][point{vocab, rows}]
		}
	}
	slices.Sort(vocabularies)
	return workload, vocabularies, at
}

func number(r results.Row, key string) int {
	text, _ := r.Key(key)
	value, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return value
}

// againstVocabulary draws time against vocabulary, and the roofline.
func againstVocabulary(operation string, all []line, l *looks) (figure, bool, error) {
	workload, vocabularies, at := byVocabulary(all)
	if len(vocabularies) < 3 { // two points make no picture
		return figure{}, false, nil
	}
	var curves []curve
	limit := curve{name: "moving the bytes alone (roofline)", look: plain}
	numbers := table{Head: []string{"vocabulary", "rows"}}
	for _, vocab := range vocabularies {
		for _, line := range at[vocab] {
			i := slices.IndexFunc(curves, func(c curve) bool { return c.name == line.impl })
			if i < 0 {
				i = len(curves)
				curves = append(curves, curve{name: line.impl, look: l.of(line.impl)})
				numbers.Head = append(numbers.Head, line.impl)
			}
			curves[i].points = append(curves[i].points, plotter.XY{X: float64(vocab), Y: line.pace() * 1e9})
		}
		if least := limitOf(at[vocab]); least > 0 {
			limit.points = append(limit.points, plotter.XY{X: float64(vocab), Y: least * 1e9})
		}
	}
	for _, vocab := range vocabularies {
		row := []string{strconv.Itoa(vocab), strconv.Itoa(max(number(at[vocab][0].Row, "rows"), 1))}
		for _, c := range curves {
			row = append(row, paceOf(at[vocab], c.name))
		}
		if len(limit.points) > 0 {
			least := "–"
			if limit := limitOf(at[vocab]); limit > 0 {
				least = results.Duration(limit)
			}
			row = append(row, least)
		}
		numbers.Rows = append(numbers.Rows, row)
	}
	sentence := "Lower is faster. Both axes are logarithmic. "
	if len(limit.points) > 0 {
		curves = append(curves, limit)
		numbers.Head = append(numbers.Head, "roofline")
		sentence += "The dashed grey line is the roofline: to move the bytes alone takes that time. Rows that fit into the cache are read from there, so that it is lower for them. "
	}
	sentence += severalRows(vocabularies, at) + "On a shared machine a point can be off by tens of percent: small bends mean nothing. "
	fast, slow := ends(at[vocabularies[len(vocabularies)-1]])
	if fast.impl != slow.impl {
		sentence += fmt.Sprintf("At %s logits a row, %s takes %s per logit and %s %s.", short(float64(vocabularies[len(vocabularies)-1])),
			slow.impl, results.Duration(slow.pace()), fast.impl, results.Duration(fast.pace()))
	}
	picture, err := lines(axis{label: "vocabulary (logits in a row)", log: true}, axis{label: "time per logit (ns)", log: true}, curves)
	return figure{
		Title: operation + ": time against the size of the vocabulary", Sentence: sentence,
		Alt: fmt.Sprintf("Lines of time per logit in nanoseconds against vocabulary, both on logarithmic axes, for %s. %s", implementations(curves), workload),
		SVG: picture, Legend: legend(curves), Numbers: numbers,
	}, true, err
}

// severalRows names the vocabularies that were timed with another number of rows in a call
// than the last one.
func severalRows(vocabularies []int, at map[int][]line) string {
	rows := func(vocab int) int { return max(number(at[vocab][0].Row, "rows"), 1) }
	usual := rows(vocabularies[len(vocabularies)-1])
	var others []string
	for _, vocab := range vocabularies {
		if n := rows(vocab); n != usual {
			others = append(others, fmt.Sprintf("at %s: %d", short(float64(vocab)), n))
		}
	}
	if others == nil {
		return ""
	}
	return fmt.Sprintf("Rows in a call: %d; %s. ", usual, strings.Join(others, ", "))
}

func implementations(curves []curve) string {
	var names []string
	for _, c := range curves {
		names = append(names, c.name)
	}
	return strings.Join(names, ", ")
}

func paceOf(lines []line, impl string) string {
	for _, l := range lines {
		if l.impl == impl {
			return results.Duration(l.pace())
		}
	}
	return "–"
}

// limitOf is the median of the limits measured beside each implementation.
func limitOf(lines []line) float64 {
	var limits []float64
	for _, l := range lines {
		if limit := l.limit(); limit > 0 {
			limits = append(limits, limit)
		}
	}
	if limits == nil {
		return 0
	}
	return median(limits)
}

// ends are the fastest and the slowest.
func ends(lines []line) (fast, slow line) {
	order := func(a, b line) int { return cmp.Compare(a.pace(), b.pace()) }
	return slices.MinFunc(lines, order), slices.MaxFunc(lines, order)
}

// rivalsOf are the lines of the workload that most implementations have, of those in the
// other picture if there are several: the fastest first.
func rivalsOf(all []line) []line {
	if common, vocabularies, _ := byVocabulary(all); len(vocabularies) > 1 {
		all = slices.DeleteFunc(slices.Clone(all), func(l line) bool { return l.Without("vocab", "rows").Workload != common })
	}
	of := map[string][]line{}
	for _, line := range all {
		of[line.Workload] = append(of[line.Workload], line)
	}
	best := of[all[0].Workload]
	for _, line := range all { // in the order of the file
		if len(of[line.Workload]) > len(best) {
			best = of[line.Workload]
		}
	}
	slices.SortStableFunc(best, func(a, b line) int { return cmp.Compare(a.pace(), b.pace()) })
	return best
}

// againstRivals draws a bar for each implementation, from the limit to the time.
func againstRivals(f *facts, operation string, rivals []line, of map[string][]line, l *looks) (figure, error) {
	fastest := rivals[0]
	from, sentence := limitOf(rivals), "A bar begins at the roofline and ends at the time of the implementation: the further left it ends, the faster. The axis is logarithmic. "+
		"The roofline was measured beside each implementation, and the median is drawn. In brackets is the roofline's share of the time: 100 % is as fast as moving the bytes. "
	if from == 0 || from > fastest.pace() {
		from, sentence = fastest.pace()/1.5, "The further left a bar ends, the faster. The axis is logarithmic: the length of a bar means nothing. "
	}
	if cut, ok := fastest.Key("cut"); ok {
		sentence += cutWords(cut)
	}
	sentence += "Workload: " + fastest.Workload + bytesOf(fastest) + ". " + alone(operation, rivals, of)
	scale, unit, per := 1e9, "ns", "logit"
	switch slowest := rivals[len(rivals)-1].pace(); {
	case slowest >= 1e-3:
		scale, unit = 1e3, "ms"
	case slowest >= 1e-6:
		scale, unit = 1e6, "µs"
	}
	if fastest.values["sec/logit"] == 0 {
		per = "operation"
	}
	var drawn []bar
	numbers := table{Head: []string{"implementation", "time per " + per, "roofline's share of the time"}}
	for _, r := range rivals {
		name, share, label := r.impl, "–", results.Duration(r.pace())
		if percent := r.values["%limit"]; percent > 0 {
			share = fmt.Sprintf("%.2g %%", percent)
			label += " (" + share + ")"
		}
		if note := untried(f, r); note != "" {
			name += " *"
			if !strings.Contains(sentence, note) {
				sentence += "* " + note + " "
			}
		}
		drawn = append(drawn, bar{name: name, from: from * scale, to: r.pace() * scale, label: label, look: barLook(r, l)})
		numbers.Rows = append(numbers.Rows, []string{name, results.Duration(r.pace()), share})
	}
	picture, err := bars(axis{label: fmt.Sprintf("time per %s (%s)", per, unit), log: true}, drawn)
	return figure{
		Title: operation + ": implementations side by side", Sentence: sentence,
		Alt: fmt.Sprintf("Bars of time per %s, fastest first: %s.", per, describe(numbers)), SVG: picture, Numbers: numbers,
	}, err
}

// bytesOf is how much memory the logits of a call take, which tells whether a cache can hold
// them.
func bytesOf(l line) string {
	if vocab := number(l.Row, "vocab"); vocab > 0 && l.values["sec/logit"] > 0 {
		return fmt.Sprintf(" (%.2g MB of logits)", 4e-6*float64(vocab)*float64(max(number(l.Row, "rows"), 1)))
	}
	return ""
}

// cutWords explains the name of a cut.
func cutWords(cut string) string {
	if cut == "mixed" {
		return "Cut: every row has settings of its own, drawn at random. "
	}
	return "A cut lists its steps in order: k is top-k, p top-p, m min-p, T the division by the temperature. "
}

// alone are the times on one thread of what was timed on several.
func alone(operation string, rivals []line, of map[string][]line) string {
	base, _, several := strings.Cut(operation, " on ")
	if !several {
		return ""
	}
	var times []string
	for _, r := range rivals {
		for _, other := range of[base] {
			if other.impl == r.impl && other.Workload == r.Workload {
				times = append(times, other.impl+" "+results.Duration(other.pace()))
			}
		}
	}
	if times == nil {
		return ""
	}
	return fmt.Sprintf("On one thread the same workload takes: %s. ", strings.Join(times, ", "))
}

// barLook is the look of an implementation, and that of rooflines for a yardstick.
func barLook(r line, l *looks) look {
	if yardstick(r) {
		return plain
	}
	return l.of(r.impl)
}

func yardstick(l line) bool { return l.Operation == "Sampler" && l.impl == "LogSumExp" }

// untried is a note on an implementation of which no report tells whether it keeps the
// laws.
func untried(f *facts, l line) string {
	if _, tried := broken(f.laws, l.impl, l.Operation); tried {
		return ""
	}
	if yardstick(l) {
		return "LogSumExp draws nothing: it is a yardstick, one pass over the logits by the fastest kernels."
	}
	return "No law report here is about this operation."
}

// describe is a table of two columns or more in words.
func describe(t table) string {
	var words []string
	for _, row := range t.Rows {
		words = append(words, row[0]+" "+row[1])
	}
	return strings.Join(words, ", ")
}

// exact says whether a result is not about time.
func exact(l line) bool {
	for unit := range l.values {
		if slices.Contains([]string{"nats/token", "probability", "log10-e"}, unit) {
			return true
		}
	}
	return false
}
