package props

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"temper/props/accuracy"
	"temper/props/verdict"
	"temper/reference"
)

// Finding is what [FindConvention] found out.
type Finding struct {
	Follows   []reference.Convention // those of engines that agree with every answer and have the steps of the sampler, and no other
	Partly    []reference.Convention // where Follows is empty: those that agree and have more steps than the sampler, which are left out of their Order
	Fit       *reference.Convention  // where both are empty: another convention that agrees with every answer; nil if none does
	Told      []Told                 // the row that told each other engine from the sampler
	Questions int                    // how many rows were asked about
}

// Told is a row that tells an engine from the sampler.
type Told struct {
	Convention string // the name of the engine's
	Row        []float32
	How        reference.Sampling
	Why        string // what the sampler answered, and what "it", the engine, has
}

// FindConvention asks a sampler, whatever convention it declares, about the rows that tell
// conventions apart, and says which of [reference.Conventions] it follows. It asks about
// fewer than 200 rows, and only about those that float32 arithmetic decides: outside the
// free band of every convention, or exact, 2^j equal logits and P = i/2^j. It uses Keep,
// or else LogProbs, or else Sample; a sampler with none of them is an error, and so is a
// panic of the sampler.
//
// A step is not provided if its setting is an error, or is ignored.
func FindConvention(s reference.Sampler) (f Finding, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("asked about a row: %w", recovered(p))
		}
	}()
	if s.Keep == nil && s.LogProbs == nil && s.Sample == nil {
		return f, errors.New("FindConvention needs Keep, LogProbs or Sample")
	}
	q := &inquiry{sampler: s}
	has := q.steps()
	var asked []seen
	for _, question := range findingRows(s) {
		if slices.ContainsFunc(stepsOn(question.how), func(step reference.Step) bool { return !has[step] }) {
			continue
		}
		asked = append(asked, q.ask(question.row, question.how))
	}
	f.Questions = q.rows
	for _, c := range reference.Conventions() {
		told, extra := q.tell(c, has, asked)
		switch {
		case told != nil:
			f.Told = append(f.Told, *told)
		case extra:
			f.Partly = append(f.Partly, withSteps(c, has))
		default:
			f.Follows = append(f.Follows, c)
		}
	}
	if len(f.Follows) > 0 {
		f.Partly = nil
	} else if len(f.Partly) == 0 {
		f.Fit = fitting(has, asked)
	}
	return f, nil
}

// String is the finding in a few lines.
func (f Finding) String() string {
	var b strings.Builder
	switch {
	case len(f.Follows) > 0:
		fmt.Fprintf(&b, "follows %s", namesOf(f.Follows))
	case len(f.Partly) > 0:
		fmt.Fprintf(&b, "follows %s in the steps that it has", namesOf(f.Partly))
	case f.Fit != nil:
		fmt.Fprintf(&b, "follows no engine; it fits %s", f.Fit.Name)
	default:
		b.WriteString("follows no convention")
	}
	fmt.Fprintf(&b, " (%d rows asked)", f.Questions)
	for _, told := range f.Told {
		fmt.Fprintf(&b, "\nnot %s: %s; %s, logits %s", told.Convention, told.Why, settingsOf(told.How), brief(told.Row))
	}
	return b.String()
}

func namesOf(conventions []reference.Convention) string {
	var names []string
	for _, c := range conventions {
		names = append(names, c.Name)
	}
	return strings.Join(names, " or ")
}

// inquiry counts the rows that a sampler is asked about.
type inquiry struct {
	sampler reference.Sampler
	rows    int
	probes  map[reference.Step]seen
}

// seen is the answer to one row.
type seen struct {
	row    []float32
	how    reference.Sampling
	err    error
	kept   []bool    // of Keep
	mode   float64   // of LogProbs, that of the most probable token
	tokens []int     // of Sample, at these uniform numbers
	u      []float64 // nil where Sample was not asked
}

func (q *inquiry) ask(row []float32, how reference.Sampling) seen {
	o := seen{row: row, how: how}
	switch s := q.sampler; {
	case s.Keep != nil:
		q.rows++
		o.kept = slices.Repeat([]bool{true}, len(row))
		o.err = s.Keep(o.kept, slices.Clone(row), []reference.Sampling{how})
	case s.LogProbs != nil:
		q.rows++
		dst, mode := []float64{0}, slices.Index(row, slices.Max(row))
		o.err = s.LogProbs(dst, slices.Clone(row), []int{mode}, []reference.Sampling{how})
		o.mode = dst[0]
	default:
		o.u = []float64{0x1p-20, 0.44, 0.62, 0.88, 1 - 0x1p-12}
		q.rows += len(o.u)
		o.tokens, o.err = cutSampleOf(s, row, how, o.u)
	}
	return o
}

// steps asks which steps are provided: those whose setting is no error and not ignored.
func (q *inquiry) steps() map[reference.Step]bool {
	row := []float32{3, 2, 1, 0}
	off := q.ask(row, reference.Sampling{Temperature: 1})
	q.probes = map[reference.Step]seen{
		reference.Temper: q.ask(row, reference.Sampling{Temperature: 8}),
		reference.TopK:   q.ask(row, reference.Sampling{Temperature: 1, TopK: 1}),
		reference.TopP:   q.ask(row, reference.Sampling{Temperature: 1, TopP: 0.25}),
		reference.MinP:   q.ask(row, reference.Sampling{Temperature: 1, MinP: 1}),
	}
	has := map[reference.Step]bool{}
	for step, probe := range q.probes {
		same := slices.Equal(probe.kept, off.kept) && probe.mode == off.mode && slices.Equal(probe.tokens, off.tokens)
		has[step] = probe.err == nil && (!same || step == reference.Temper && q.sampler.Keep != nil)
	}
	return has
}

// tell looks for an answer that the engine does not give, and says whether it has steps
// that the sampler does not.
func (q *inquiry) tell(c reference.Convention, has map[reference.Step]bool, asked []seen) (told *Told, extra bool) {
	for _, step := range everyStep {
		if has[step] && !slices.Contains(c.Order, step) {
			probe := q.probes[step]
			return &Told{c.Name, probe.row, probe.how, fmt.Sprintf("it has no %s, and the sampler has", step)}, false
		}
	}
	left := withSteps(c, has)
	for _, o := range asked {
		if err := o.judge(left); err != nil {
			return &Told{c.Name, o.row, o.how, err.Error()}, false
		}
	}
	return nil, len(left.Order) < len(c.Order)
}

// withSteps is the convention without the steps that a sampler does not have.
func withSteps(c reference.Convention, has map[reference.Step]bool) reference.Convention {
	c.Order = slices.DeleteFunc(slices.Clone(c.Order), func(step reference.Step) bool { return !has[step] })
	return c
}

var everyStep = []reference.Step{reference.Temper, reference.TopK, reference.TopP, reference.MinP}

// stepsOn are the steps whose settings are on.
func stepsOn(how reference.Sampling) []reference.Step {
	return slices.DeleteFunc(slices.Clone(everyStep), func(step reference.Step) bool { return turnedOff(how, step) == how })
}

// judge says what is wrong with the answer under a convention.
func (o seen) judge(c reference.Convention) error {
	if o.err != nil {
		return fmt.Errorf("the sampler refuses the row: %w", o.err)
	}
	slack := accuracy.SlackOfCuts(verdict.Must, c, o.row, o.how)
	if allEqual(o.row) {
		slack = 0
	}
	a, err := allowanceBy(c, o.row, o.how, slack)
	a.by = "it"
	switch {
	case err != nil:
		return err
	case o.kept != nil:
		return a.judge(o.row, o.kept)
	case o.u == nil:
		return o.judgeMode(a, c)
	}
	return o.judgeTokens(a, c)
}

// allEqual says whether all logits that are not masked are equal.
func allEqual(row []float32) bool { return len(classesOf(row).size) == 1 }
