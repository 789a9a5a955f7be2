package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// WithoutZero declares that a temperature of 0 is not provided: nothing is asked
// at T = 0. Laws about T = 0 alone are reported as not provided.
func WithoutZero() Option {
	return func(r *run) { r.declared.noZero = true }
}

// WithoutInfinity declares that a temperature of +Inf is not provided: nothing is
// asked at T = +Inf. Laws about T = +Inf alone are reported as not provided.
func WithoutInfinity() Option {
	return func(r *run) { r.declared.noInfinity = true }
}

// SmallestVocab declares that no vocabulary below vocab is provided: nothing is
// asked about shorter rows. TensorFlow's multinomial, for one, refuses rows of one
// logit, and declares 2.
func SmallestVocab(vocab int) Option {
	return func(r *run) {
		r.declared.smallestVocab = vocab
		if vocab < 1 {
			r.refuse(fmt.Errorf("SmallestVocab(%d): a vocabulary has at least one token", vocab))
		}
	}
}

// GreedyBelow declares that temperatures in (0, t) are taken for 0, as vLLM does
// below 1e-5: an answer that is right at T = 0 is accepted there, and every other
// answer is judged as usual. LogSumExp, which has no value at T = 0, may refuse
// there. What rounds to t in float32 counts as below t; t is at most 1.
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
	var left *withheld
	judged := 0
	for _, part := range parts {
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
		return subject, fmt.Errorf("%q is a declaration about reference.Kernels alone", d.words())
	}
	return d.kernels(k), nil
}

// kernels is k with the declarations in force: a question that they leave out
// panics.
func (d declarations) kernels(k reference.Kernels) reference.Kernels {
	held := k
	if k.LogSumExp != nil {
		held.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			d.ask(logits, len(dst), t)
			err := k.LogSumExp(dst, logits, t)
			if d.cold(t) && (err != nil || !slices.ContainsFunc(dst, func(x float64) bool { return !math.IsNaN(x) })) {
				panic(withheld{d.greedyReason()})
			}
			return err
		}
	}
	if k.LogProbs != nil {
		held.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			accept := d.greedyRows(d.ask(logits, len(dst), t), logits, t)
			err := k.LogProbs(dst, logits, tokens, t)
			accept(err, func(r int, row []float32) bool { return isGreedyLogProb(row, tokens[r], dst[r]) })
			return err
		}
	}
	if k.Anneal != nil {
		held.Anneal = func(dst, logits []float32, rows int, t float64) error {
			vocab := d.ask(logits, rows, t)
			accept := d.greedyRows(vocab, logits, t)
			err := k.Anneal(dst, logits, rows, t)
			accept(err, func(r int, row []float32) bool { return isGreedyRow(row, dst[r*vocab:(r+1)*vocab]) })
			return err
		}
	}
	if k.Sample != nil {
		held.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
			accept := d.greedyRows(d.ask(logits, len(dst), t), logits, t)
			err := k.Sample(dst, logits, u, t)
			accept(err, func(r int, row []float32) bool { return isGreedyToken(row, dst[r]) })
			return err
		}
	}
	if k.Draw != nil {
		held.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
			accept := d.greedyRows(d.ask(logits, len(dst), t), logits, t)
			err := k.Draw(dst, logits, src, t)
			accept(err, func(r int, row []float32) bool { return isGreedyToken(row, dst[r]) })
			return err
		}
	}
	return held
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

// greedyRows copies the rows of a question before it is asked, because Anneal may
// overwrite them. The function that it returns looks at the answer: where t may be
// taken for 0 and greedy accepts every row, it panics as for a question left out.
func (d declarations) greedyRows(vocab int, logits []float32, t float64) func(err error, greedy func(r int, row []float32) bool) {
	if vocab == 0 || !d.cold(t) {
		return func(error, func(int, []float32) bool) {}
	}
	asked := slices.Collect(slices.Chunk(slices.Clone(logits), vocab))
	return func(err error, greedy func(r int, row []float32) bool) {
		if err != nil {
			return
		}
		for r, row := range asked {
			if reference.CheckRow(row) != nil || !greedy(r, row) {
				return
			}
		}
		panic(withheld{d.greedyReason()})
	}
}

// isGreedyToken, isGreedyLogProb and isGreedyRow say whether an answer about a row
// is one of those at T = 0: all mass on a largest logit, or shared by all of them.
func isGreedyToken(row []float32, token int) bool {
	return token >= 0 && token < len(row) && onArgmax(row)[token]
}

func isGreedyLogProb(row []float32, token int, logp float64) bool {
	if token < 0 || token >= len(row) {
		return false
	}
	largest := onArgmax(row)
	if !largest[token] {
		return math.Exp(logp) == 0
	}
	equals := len(slices.DeleteFunc(largest, func(is bool) bool { return !is }))
	share := math.Log(float64(equals))
	return math.Abs(logp) < certainty || equals > 1 && (math.IsInf(logp, -1) || math.Abs(logp+share) < certainty)
}

func isGreedyRow(row, p []float32) bool {
	total := 0.0
	for v, largest := range onArgmax(row) {
		if total += float64(p[v]); !largest && p[v] != 0 || !(p[v] >= 0) {
			return false
		}
	}
	return math.Abs(total-1) < certainty
}
