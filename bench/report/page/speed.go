package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"

	"temper/bench/report/results"
)

// speed is what one run says of times.
type speed struct {
	Title   string
	Curves  []figure
	Bars    []figure
	LeftOut []string // implementations that break a law, with its name
	Others  table    // results that compare no implementations
}

// rooflines are benchmarks of the memory alone: every other time's limit, not rivals.
var rooflines = []string{"Read", "Copy"}

// speeds draws each run by itself: times of two runs are not compared.
func speeds(f *facts, l *looks) (all []speed, err error) {
	for _, run := range f.runs {
		s := speed{Title: run.title(), Others: table{Head: []string{"benchmark", "time per operation"}}}
		operations, of := s.sort(f, run.lines)
		for _, operation := range operations {
			for _, line := range of[operation] { // in the order of the file, where the baseline is first
				l.of(line.impl)
			}
		}
		for _, operation := range operations {
			if err := s.draw(f, operation, of[operation], l); err != nil {
				return nil, err
			}
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

// draw adds the pictures of an operation.
func (s *speed) draw(f *facts, operation string, lines []line, l *looks) error {
	if picture, ok, err := againstVocabulary(operation, lines, l); err != nil {
		return err
	} else if ok {
		s.Curves = append(s.Curves, picture)
	}
	picture, err := againstRivals(f, operation, lines, l)
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
	limit := curve{name: "the memory alone (roofline)", look: plain}
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
		numbers.Rows = append(numbers.Rows, row)
	}
	sentence := "Lower is faster. From one line of the grid to the next is a factor of ten. "
	if len(limit.points) > 0 {
		curves = append(curves, limit)
		sentence += "To move the bytes alone takes the time of the dashed grey line, so that none can be below it. "
	}
	fast, slow := ends(at[vocabularies[len(vocabularies)-1]])
	if fast.impl != slow.impl {
		sentence += fmt.Sprintf("At %s logits a row, %s takes %s per logit and %s %s.", short(float64(vocabularies[len(vocabularies)-1])),
			slow.impl, results.Duration(slow.pace()), fast.impl, results.Duration(fast.pace()))
	}
	picture, err := lines(axis{label: "vocabulary (logits in a row)", log: true}, axis{label: "time per logit (ns)", log: true}, curves)
	return figure{
		Title: operation + ": time against the size of the vocabulary", Sentence: sentence,
		Alt: fmt.Sprintf("Lines of time per logit in nanoseconds against vocabulary, both on logarithmic axes, for %s. %s", strings.Join(numbers.Head[2:], ", "), workload),
		SVG: picture, Legend: legend(curves), Numbers: numbers,
	}, true, err
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
func againstRivals(f *facts, operation string, all []line, l *looks) (figure, error) {
	rivals := rivalsOf(all)
	fastest := rivals[0]
	from, sentence := limitOf(rivals), "Each bar begins at the time that the memory alone takes and ends at the time of the implementation: the shorter, the better. In brackets, how much of the speed of the memory is reached."
	if from == 0 || from > fastest.pace() {
		from, sentence = fastest.pace()/1.5, "The axis is logarithmic: compare where the bars end, not how long they are. The further left, the faster."
	}
	if _, ok := fastest.Key("cut"); ok {
		sentence += " A cut lists its steps in order: k is top-k, p top-p, m min-p, T the division by the temperature."
	}
	sentence += " Workload: " + fastest.Workload + "."
	scale, unit, per := 1e9, "ns", "logit"
	if fastest.pace() > 1e-5 {
		scale, unit = 1e3, "ms"
	}
	if fastest.values["sec/logit"] == 0 {
		per = "operation"
	}
	var drawn []bar
	numbers := table{Head: []string{"implementation", "time per " + per, "share of the limit"}}
	for _, r := range rivals {
		name, share, label := r.impl, "–", results.Duration(r.pace())
		if percent := r.values["%limit"]; percent > 0 {
			share = fmt.Sprintf("%.2g %%", percent)
			label += " (" + share + ")"
		}
		if note := untried(f, r); note != "" {
			name += " *"
			if !strings.Contains(sentence, note) {
				sentence += " * " + note
			}
		}
		drawn = append(drawn, bar{name: name, from: from * scale, to: r.pace() * scale, label: label, look: l.of(r.impl)})
		numbers.Rows = append(numbers.Rows, []string{name, results.Duration(r.pace()), share})
	}
	picture, err := bars(axis{label: fmt.Sprintf("time per %s (%s)", per, unit), log: true}, drawn)
	return figure{
		Title: operation + ": implementations side by side", Sentence: sentence,
		Alt: fmt.Sprintf("Bars of time per %s, fastest first: %s.", per, describe(numbers)), SVG: picture, Numbers: numbers,
	}, err
}

// untried is a note on an implementation of which no report tells whether it keeps the
// laws.
func untried(f *facts, l line) string {
	if _, tried := broken(f.laws, l.impl, l.Operation); tried {
		return ""
	}
	if l.Operation == "Sampler" && l.impl == "LogSumExp" {
		return "LogSumExp draws nothing: it is a yardstick, one pass over the logits."
	}
	return "Its laws were not tried."
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
