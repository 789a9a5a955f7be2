package props

import (
	"fmt"
	"iter"
	"math"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// WithoutZero declares that the implementation does not provide T = 0, so that nothing
// is tested there. Laws about T = 0 alone are reported as not provided.
func WithoutZero() Option {
	return func(r *run) { r.declared.noZero = true }
}

// WithoutInfinity declares that the implementation does not provide T = +Inf, so that
// nothing is tested there. Laws about T = +Inf alone are reported as not provided.
func WithoutInfinity() Option {
	return func(r *run) { r.declared.noInfinity = true }
}

// SmallestVocab declares that the implementation provides no vocabulary below vocab, so
// that no shorter rows are tested. For example, TensorFlow's multinomial returns an
// error for rows of one logit, and declares 2.
func SmallestVocab(vocab int) Option {
	return func(r *run) {
		r.declared.smallestVocab = vocab
		if vocab < 1 {
			r.refuse(fmt.Errorf("SmallestVocab(%d): a vocabulary has at least one token", vocab))
		}
	}
}

// GreedyBelow declares that the implementation takes temperatures in (0, t) for 0, as
// vLLM does below 1e-5. There a result that is right at T = 0 is accepted, and every
// other result is tested as usual. LogSumExp, which has no value at T = 0, may return an
// error there. A temperature that rounds to t in float32 counts as below t. t must be at
// most 1.
func GreedyBelow(t float64) Option {
	return func(r *run) {
		r.declared.greedyBelow = t
		if !(t > 0 && t <= 1) {
			r.refuse(fmt.Errorf("GreedyBelow(%v): want a temperature above 0 and at most 1", t))
		}
	}
}

// declarations say what an implementation leaves out, in its own words.
type declarations struct {
	noZero, noInfinity bool
	smallestVocab      int     // 0: none was declared
	greedyBelow        float64 // 0: none was declared
}

// The reasons for which a question is not asked, and the words of a report.
const (
	withoutZero     = "T = 0 is not provided"
	withoutInfinity = "T = +Inf is not provided"
)

func (d declarations) vocabReason() string {
	return fmt.Sprintf("the smallest vocabulary is %d", d.smallestVocab)
}

func (d declarations) greedyReason() string {
	return fmt.Sprintf("temperatures below %v are taken for 0", d.greedyBelow)
}

// words lists what is declared, for the report; nil when nothing is.
func (d declarations) words() []string {
	var words []string
	if d.noZero {
		words = append(words, withoutZero)
	}
	if d.noInfinity {
		words = append(words, withoutInfinity)
	}
	if d.smallestVocab > 0 {
		words = append(words, d.vocabReason())
	}
	if d.greedyBelow > 0 {
		words = append(words, d.greedyReason())
	}
	return words
}

// withheld is the panic of a question that a declaration leaves out. It ends the
// judgement of the input, which then neither holds nor breaks the law.
type withheld struct{ reason string }

func (w withheld) Error() string { return "declared: " + w.reason }

// each judges the parts of an input one by one, up to the first that breaks the
// law. It passes over the parts that a declaration leaves out; where that is all
// of them, the whole input is left out.
func each[P any](parts []P, judge func(P) error) error {
	return eachOf(slices.Values(parts), judge)
}

// eachOf is each of parts that are made one by one.
func eachOf[P any](parts iter.Seq[P], judge func(P) error) error {
	var left *withheld
	judged := 0
	for part := range parts {
		skipped, err := unlessWithheld(func() error { return judge(part) })
		if err != nil {
			return err
		}
		if skipped != nil {
			left = skipped
		} else {
			judged++
		}
	}
	if judged == 0 && left != nil {
		panic(*left)
	}
	return nil
}

// unlessWithheld calls judge and says whether a declaration ended it.
func unlessWithheld(judge func() error) (left *withheld, err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case withheld:
			left = &p
		default:
			panic(p)
		}
	}()
	return nil, judge()
}

// hold gives the subject back with its declarations in force.
func (d declarations) hold(subject any) (any, error) {
	if d == (declarations{}) {
		return subject, nil
	}
	k, ok := subject.(reference.Kernels)
	if !ok {
		return subject, fmt.Errorf("%q is a declaration about reference.Kernels alone (a sampler with cuts serves T = 0 and T = +Inf, and declares what else it leaves out by its Convention)", d.words())
	}
	return d.kernels(k), nil
}

// kernels is k with the declarations in force: a question that they leave out
// panics.
func (d declarations) kernels(k reference.Kernels) reference.Kernels {
	held := k
	for _, op := range operation.All() {
		if op.Provided(k) {
			op.Set(&held, func(q operation.Query, dst operation.Destination) error { return d.call(op, k, q, dst) })
		}
	}
	return held
}

// call asks an operation what no declaration leaves out. Where the temperature may
// be taken for 0 and every row is answered like that, or refused by an operation
// that has no value there, it panics as for a question left out.
func (d declarations) call(op operation.Operation, k reference.Kernels, q operation.Query, dst operation.Destination) error {
	vocab := d.ask(q.Logits, q.Rows, q.Temperature)
	if !d.cold(q.Temperature) {
		return op.Call(k, q, dst)
	}
	asked := q
	asked.Logits = slices.Clone(q.Logits) // Anneal may overwrite them
	err := op.Call(k, q, dst)
	refused := err != nil || !slices.ContainsFunc(dst.Nats, func(x float64) bool { return !math.IsNaN(x) })
	if op.NoZero && refused || !op.NoZero && err == nil && vocab > 0 && op.Greedy(asked, op.Rows(asked, dst)) {
		panic(withheld{d.greedyReason()})
	}
	return err
}

// ask panics where a declaration leaves the question out. Otherwise it returns the
// length of a row, 0 where the lengths do not fit.
func (d declarations) ask(logits []float32, rows int, t float64) (vocab int) {
	vocab, err := reference.Vocab(len(logits), rows)
	switch {
	case d.noZero && t == 0:
		panic(withheld{withoutZero})
	case d.noInfinity && math.IsInf(t, 1):
		panic(withheld{withoutInfinity})
	case err == nil && vocab > 0 && vocab < d.smallestVocab:
		panic(withheld{d.vocabReason()})
	}
	return vocab
}

// cold says whether a temperature above 0 may be taken for 0.
func (d declarations) cold(t float64) bool {
	return t > 0 && t < d.greedyBelow*(1+0x1p-22)
}
