package bench

import (
	"fmt"
	"slices"
	"testing"

	"temper/bench/simd"
	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// RunSamplers times Draw of samplers on the [SelectedCuts]. The samplers are functions
// of the order of steps that a workload asks for; one that follows an order of its own
// returns that, and is left out where it differs. The first one is the baseline.
//
// What a sampler keeps of the very matrix that it is timed on, if it provides Keep, and
// the tokens that it draws are held against the reference, up to the free band of its
// convention ([reference.Convention.Band]). A sampler that is wrong there is not timed.
//
// Beside them stands LogSumExp by the fastest variant, for the time of one pass over the
// logits.
func RunSamplers(b *testing.B, samplers ...func(reference.Convention) reference.Sampler) {
	fastest := reference.Kernels(simd.Best[float32]())
	fastest.Name = operation.LogSumExp.Name
	for _, w := range SelectedCuts() {
		b.Run(w.String(), func(b *testing.B) {
			batches := w.batches()
			asked, how := w.Sampling()
			for _, following := range samplers {
				if s := following(asked); s.Draw != nil && inOrder(asked.Order, s.Convention.Order) {
					b.Run("impl="+s.Name, func(b *testing.B) { timeDraws(b, batches, s, how) })
				}
			}
			b.Run("impl="+fastest.Name, func(b *testing.B) { measuredAs(operation.LogSumExp).time(b, batches, fastest) })
		})
	}
}

// Scalar is [reference.ScalarSampler] under the name of [reference.Scalar], for a baseline.
func Scalar(c reference.Convention) reference.Sampler {
	s := reference.ScalarSampler(c)
	s.Name = reference.Scalar.Name
	return s
}

// inOrder says whether all the steps are among others in the same order. Top-k alone
// keeps the same tokens before and after the temperature.
func inOrder(steps, others []reference.Step) bool {
	if !slices.Contains(steps, reference.TopP) && !slices.Contains(steps, reference.MinP) {
		steps = []reference.Step{reference.TopK}
	}
	for _, step := range others {
		if len(steps) > 0 && step == steps[0] {
			steps = steps[1:]
		}
	}
	return len(steps) == 0
}

func timeDraws(b *testing.B, batches []*batch, s reference.Sampler, how []reference.Sampling) {
	if !s.Available {
		b.Skipf("%s needs %s", s.Name, s.Requires)
	}
	calls, _ := verified(b, s.Name, batches,
		func(batch *batch) func() error {
			return func() error { return s.Draw(batch.drawn, batch.logits, batch.src, how) }
		},
		func(batch *batch) (ulps float64, err error) { return 0, batch.checkSampler(s, how) })
	goRound(b, batches, calls, measuredAs(operation.Draw))
}

// checkSampler compares the tokens that were drawn, and those that are kept, with what the
// sampler's convention allows.
func (b *batch) checkSampler(s reference.Sampler, how []reference.Sampling) error {
	kept := make([]bool, len(b.logits))
	if s.Keep != nil {
		if err := s.Keep(kept, b.logits, how); err != nil {
			return err
		}
	}
	if b.allowed == nil {
		b.allowed = map[string][]allowance{}
	}
	by := fmt.Sprint(s.Convention)
	for r := range b.Rows {
		from, to := r*b.Vocab, (r+1)*b.Vocab
		row := b.logits[from:to]
		if r == len(b.allowed[by]) {
			a, err := allowanceOf(s.Convention, row, how[r])
			if err != nil {
				return fmt.Errorf("row %d: %w", r, err)
			}
			b.allowed[by] = append(b.allowed[by], a)
		}
		allowed := b.allowed[by][r]
		err := allowed.checkDraw(row, b.drawn[r])
		if err == nil && s.Keep != nil {
			err = allowed.checkKept(row, kept[from:to])
		}
		if err != nil {
			return fmt.Errorf("row %d: %w", r, err)
		}
	}
	return nil
}

// allowance is how many of the tokens that have a logit are kept, at least and at most.
// Which of them, where it is not all, is up to the sampler.
type allowance struct{ least, most map[float32]int }

// allowanceOf returns what the convention allows of a row, at 0 < T < +Inf.
func allowanceOf(c reference.Convention, row []float32, how reference.Sampling) (allowance, error) {
	surely, possibly, err := c.Band(row, how, accuracy.SlackOfCuts(verdict.Must, c, row, how))
	return allowance{marked(row, surely), marked(row, possibly)}, err
}

// marked counts the marked tokens of each logit.
func marked(row []float32, marks []bool) map[float32]int {
	counts := map[float32]int{}
	for v, mark := range marks {
		if mark {
			counts[row[v]]++
		}
	}
	return counts
}

func (a allowance) checkKept(row []float32, kept []bool) error {
	counts := marked(row, kept)
	for x, n := range counts {
		if n > a.most[x] {
			return fmt.Errorf("%d tokens with the logit %v are kept, want at most %d", n, x, a.most[x])
		}
	}
	for x, least := range a.least {
		if counts[x] < least {
			return fmt.Errorf("%d tokens with the logit %v are kept, want at least %d", counts[x], x, least)
		}
	}
	return nil
}

func (a allowance) checkDraw(row []float32, token int) error {
	if err := reference.CheckToken(token, len(row)); err != nil {
		return err
	}
	if a.most[row[token]] == 0 {
		return fmt.Errorf("draws token %d, which is cut", token)
	}
	return nil
}

// measuredAs is an operation with the comparisons of its results.
func measuredAs(op operation.Operation) measured {
	return operations[slices.IndexFunc(operations, func(m measured) bool { return m.Name == op.Name })]
}
