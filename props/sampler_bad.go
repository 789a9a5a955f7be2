package props

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/verdict"
	"temper/reference"
)

// samplerBadLaws are about settings, rows and lengths that have no answer.
func samplerBadLaws() []Law {
	return []Law{
		samplerSettingsLaw(), samplerBadRowsLaw(), samplerErrorsLaw(), samplerAbsentLaw(), samplerShapesLaw(), samplerShapeErrorsLaw(), samplerNoSourceLaw(),
	}
}

// flaw is what makes one row of a question bad.
type flaw struct {
	name   string
	reason error
	of     func(s reference.Sampler) bool // whose flaw it is; nil: everybody's
	part   string                         // the one operation that it is a flaw of, "" for all
	apply  func(q *question, row int)
}

// badSettings are outside their ranges by more than float32 rounds away.
func badSettings() []flaw {
	var flaws []flaw
	add := func(name string, step reference.Step, reason error, set func(how *reference.Sampling)) {
		of := func(s reference.Sampler) bool { return provides(s, step) }
		flaws = append(flaws, flaw{name, reason, of, "", func(q *question, row int) { set(&q.how[row]) }})
	}
	for _, k := range []int{-1, math.MinInt} {
		add(fmt.Sprintf("k = %d", k), reference.TopK, reference.ErrSampling, func(how *reference.Sampling) { how.TopK = k })
	}
	for _, x := range []float64{-0.25, -1e-9, 1.001, 90, math.NaN(), math.Inf(1), math.Inf(-1)} {
		add(fmt.Sprintf("P = %v", x), reference.TopP, reference.ErrSampling, func(how *reference.Sampling) { how.TopP = x })
		add(fmt.Sprintf("m = %v", x), reference.MinP, reference.ErrSampling, func(how *reference.Sampling) { how.MinP = x })
	}
	for _, t := range []float64{-1, math.NaN(), math.Inf(-1)} {
		add(fmt.Sprintf("T = %v", t), reference.Temper, reference.ErrTemperature, func(how *reference.Sampling) { how.Temperature = t })
	}
	return flaws
}

// badLogits make a row that has no distribution, or no answer to what is asked of it.
func badLogits() []flaw {
	put := func(x float64, everywhere bool) func(q *question, row int) {
		return func(q *question, row int) {
			vocab := len(q.logits) / len(q.how)
			for v := row * vocab; v < (row+1)*vocab; v++ {
				if everywhere || v%vocab == vocab/2 {
					q.logits[v] = float32(x)
				}
			}
		}
	}
	all := []flaw{
		{"NaN", reference.ErrNaN, nil, "", put(math.NaN(), false)},
		{"+Inf", reference.ErrInf, nil, "", put(math.Inf(1), false)},
		{"all masked", reference.ErrNoSupport, nil, "", put(math.Inf(-1), true)},
	}
	for _, u := range []float64{1, -0.25, math.NaN()} {
		all = append(all, flaw{fmt.Sprintf("u = %v", u), reference.ErrUniform, nil, samplerSample.words, func(q *question, row int) { q.u[row] = u }})
	}
	for _, token := range []int{-1, math.MaxInt32} {
		all = append(all, flaw{fmt.Sprintf("token %d", token), reference.ErrToken, nil, samplerLogProbs.words, func(q *question, row int) { q.tokens[row] = token }})
	}
	return all
}

// flawed is the question with one row made bad.
func (q question) flawed(f flaw, row int) question {
	q.logits, q.how, q.tokens, q.u = slices.Clone(q.logits), slices.Clone(q.how), slices.Clone(q.tokens), slices.Clone(q.u)
	f.apply(&q, row)
	return q
}

// flaws tries each on every row of a batch of few rows, and on the last of many.
func flaws(all []flaw, judge func(good *unspoiled, f flaw, row int) error) func(reference.Sampler, servings) error {
	return surveyed(ofEach(func(op samplerOperation, s reference.Sampler, b serving) error {
		first := 0
		if len(b.rows) > inRowsOf {
			first = len(b.rows) - 1
		}
		good := &unspoiled{op: op, s: s, b: b}
		for _, f := range all {
			if f.of != nil && !f.of(s) || f.part != "" && f.part != op.of.words {
				continue
			}
			for row := first; row < len(b.rows); row++ {
				if err := judge(good, f, row); err != nil {
					return fmt.Errorf("%s in row %d: %w", f.name, row, err)
				}
			}
		}
		return nil
	}))
}

// unspoiled is a batch before a row is made bad, with what is right for its rows, which is found
// once.
type unspoiled struct {
	op samplerOperation
	s  reference.Sampler
	b  serving

	want    [][]float64 // nil: not known yet, or not determined
	allowed []allowance
}

// ask asks with a row made bad.
func (g *unspoiled) ask(f flaw, row int) (q question, got [][]float64, err error) {
	q = g.b.question().flawed(f, row)
	got, err = g.op.ask(g.s, q)
	return q, got, err
}

// spoilsNone holds the answers to the rows that are not left out against those without a
// bad row beside them.
func (g *unspoiled) spoilsNone(got [][]float64, out func(row int) bool) (err error) {
	if !g.op.determined() {
		if g.allowed == nil {
			if g.allowed, err = allowancesOf(g.s, g.b); err != nil {
				return err
			}
		}
		for r, answer := range got {
			if token := int(answer[0]); !out(r) && (token < 0 || token >= g.b.vocab() || !g.allowed[r].may(token)) {
				return fmt.Errorf("good row %d has token %d, which cannot come", r, token)
			}
		}
		return nil
	}
	if g.want == nil {
		if g.want, err = g.op.answer(g.s, g.b.question()); err != nil {
			return err
		}
	}
	for r := range got {
		if !out(r) && !slices.Equal(got[r], g.want[r]) {
			return fmt.Errorf("good row %d: %s beside a bad row, %s without it", r, brief(got[r]), brief(g.want[r]))
		}
	}
	return nil
}

// inRowsOf is how many rows a batch of aFew has, but for one of more.
const inRowsOf = 3

// aFew are batches of several rows, for laws that try many flaws on each: rows with every class
// of every setting, with no cut and with each cut alone; a batch of many rows; and long rows.
func aFew(seed uint64) servings {
	r := rand.New(rand.NewPCG(seed, 23))
	var settings [][]int
	for i := range 14 {
		classes := anyClasses(r)
		for f := range shapeFactor { // k, P, m, T
			classes[f] = (i + int(seed%7)*(f+1)) % servingClasses[f]
		}
		settings = append(settings, classes)
	}
	const ordinary = 4 // T of 0.5 to 2
	for _, cuts := range [][]int{{0, 0, 0}, {2, 0, 0}, {0, 2, 0}, {0, 0, 2}} {
		settings = append(settings, append(slices.Clone(cuts), ordinary, 1, 0, 0, 0))
	}
	r.Shuffle(len(settings), func(i, j int) { settings[i], settings[j] = settings[j], settings[i] })
	var all servings
	for i := 0; i < len(settings); i += inRowsOf {
		b := serving{seed: r.Uint64()}
		vocab := []int{2 + r.IntN(5), 7 + r.IntN(34)}[i%2]
		for _, classes := range settings[i : i+inRowsOf] {
			b.add(classes, vocab, r)
		}
		all = append(all, b)
	}
	many := serving{seed: r.Uint64()}
	for range 17 {
		many.add(anyClasses(r), 9, r)
	}
	long := serving{seed: r.Uint64(), how: longServing().how}
	for _, row := range longServing().rows {
		long.rows = append(long.rows, row[:1100])
	}
	return append(all, many, long)
}

func samplerSettingsLaw() Law {
	return samplerLaw{
		id:     "Sampler/Settings",
		claim:  "k below 0, P or m outside [0, 1], T below 0 and NaN are errors of a sampler that has the step; where the error is a RowErrors, each row that it does not name has its own answer or none",
		source: "NaN that compares false and switches a cut off; one bad request that moves the settings of those behind it",
		of:     anySampler,
		once:   aFew,
		judge:  flaws(badSettings(), refusesSettings),
	}.erased()
}

// refusesSettings lets pass a sampler that refuses the whole batch: what is written beside
// an error counts where the error says which rows are bad.
func refusesSettings(good *unspoiled, f flaw, row int) error {
	q, got, err := good.ask(f, row)
	if err == nil {
		return errors.New("answered instead of refused")
	}
	var bad reference.RowErrors
	if !errors.As(err, &bad) {
		return nil
	}
	untouched := good.op.rows(q, q.destination())
	return good.spoilsNone(got, func(r int) bool {
		named := slices.ContainsFunc(bad, func(e reference.RowError) bool { return e.Row == r })
		return r == row || named || alikeOrNaN(got[r], untouched[r])
	})
}

// alikeOrNaN counts NaN as equal to NaN.
func alikeOrNaN(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x == y || x != x && y != y })
}

func samplerBadRowsLaw() Law {
	return samplerLaw{
		id:     "Sampler/BadRows",
		claim:  "a row with NaN, with +Inf or without support, a u outside [0, 1) and a token outside the vocabulary have no answer: an error, or NaN for a log-probability; never a token",
		source: "a sort that moves NaN first; onnxruntime-genai#1363: a token when nothing is kept",
		of:     anySampler,
		once:   aFew,
		judge:  flaws(badLogits(), refusesBadRow),
	}.erased()
}

func refusesBadRow(good *unspoiled, f flaw, row int) error {
	_, got, err := good.ask(f, row)
	if err == nil && !(good.op.of.words == samplerLogProbs.words && math.IsNaN(got[row][0])) {
		return answered(got[row])
	}
	return nil
}

func samplerErrorsLaw() Law {
	return samplerLaw{
		id:     "Sampler/Errors",
		claim:  "the error of a bad row is a RowErrors with ErrSampling, ErrTemperature, ErrNaN, ErrInf, ErrNoSupport, ErrUniform or ErrToken that names this row alone; all others are answered as ever, and its own place stays untouched",
		source: "contract",
		level:  verdict.Should,
		of:     anySampler,
		once:   aFew,
		judge:  flaws(slices.Concat(badSettings(), badLogits()), namesBadRow),
	}.erased()
}

func namesBadRow(good *unspoiled, f flaw, row int) error {
	q, got, err := good.ask(f, row)
	var rows reference.RowErrors
	if !errors.Is(err, f.reason) || !errors.As(err, &rows) || len(rows) != 1 || rows[0].Row != row {
		return misnamed(err, row, f.reason)
	}
	untouched := good.op.rows(q, q.destination())[row]
	if !alikeOrNaN(got[row], untouched) {
		return fmt.Errorf("its place holds %s", brief(got[row]))
	}
	return good.spoilsNone(got, func(r int) bool { return r == row })
}

func samplerAbsentLaw() Law {
	return samplerLaw{
		id:     "Sampler/Absent",
		claim:  "a setting whose step the declared convention does not provide is ErrSampling, and not ignored",
		source: "transformers.js reads top_p and never applies it",
		level:  verdict.Should,
		of: part[reference.Sampler]{
			words:    anySampler.words + ", of a convention without some step",
			provided: func(s reference.Sampler) bool { return declared(s) && len(absent(s)) > 0 && anySampler.provided(s) },
		},
		once:  aFew,
		judge: surveyed(ofEach(refusesAbsent)),
	}.erased()
}

func absent(s reference.Sampler) []reference.Step {
	return slices.DeleteFunc(slices.Clone(everyStep), func(step reference.Step) bool { return provides(s, step) })
}

func refusesAbsent(op samplerOperation, s reference.Sampler, b serving) error {
	set := reference.Sampling{Temperature: 0.5, TopK: 1, TopP: 0.5, MinP: 0.5}
	for _, step := range absent(s) {
		q := b.question()
		q.how[0] = set
		for _, other := range everyStep {
			if other != step {
				q.how[0] = turnedOff(q.how[0], other)
			}
		}
		if _, err := op.ask(s, q); !errors.Is(err, reference.ErrSampling) {
			return fmt.Errorf("%s: %s, want ErrSampling", settingsOf(q.how[0]), said(err))
		}
	}
	return nil
}
