package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/bench/elementary"
	"temper/reference"
)

// A sampler cuts a row without sorting it:
//
//  1. Look once at all logits for the largest of every group of sixteen (survivors.go).
//  2. Every cut keeps the tokens above some logit, and of those equal to it the first
//     ones: a border. Search the border of each cut (border.go, search.go, descend.go).
//  3. Collect the tokens that are kept, passing over the groups that have none, and draw
//     from them. Where there are many, draw as the kernel does, from chunks of the row in
//     which all others are masked.
//
// What it does with logits by the thousand is in cutting.go, or assembly. Where there is assembly
// for it, Sample and Draw take other roads for rows of up to 64 logits (short.go), for the borders
// of rows of up to 4096 (middle.go), and for longer rows of which all may be kept (uncut.go).

// Samplers returns for every variant the function that makes its sampler for a
// convention, by width of registers, as [Variants] does. Samplers of one convention keep the
// same tokens as the reference, up to the accuracy of [Kernels], and allocate nothing in
// steady state. Draw is Sample with a u from one word of src for every row that is not
// greedy.
//
// On every machine portable returns the same bits, and so do all that have assembly. Between
// these two, only tokens next to the border of a top-p may be kept by one and not the other:
// it adds up powers, which have other roundings. They are the same where T is 0, where it is
// +Inf before top-p, and where top-p chooses among at most 192 tokens, all of a row of at most
// 2048 logits or what top-k or min-p has left of more, whose mass is not that before top-k or
// min-p. Where both keep the same tokens their log-probabilities and draws are the same too,
// if a cut has left at most 2048, or T is 0 or +Inf.
func Samplers() []func(reference.Convention) reference.Sampler { return slices.Clone(samplers) }

// BestSampler returns the sampler for a convention with the widest registers that this
// machine has.
func BestSampler(c reference.Convention) (best reference.Sampler) {
	for _, following := range samplers {
		if s := following(c); s.Available {
			best = s
		}
	}
	return best
}

var samplers = variantsWith(portable32, float32Assembly, following)

// sampler is a variant with the convention that it follows.
type sampler struct {
	*arithmetic[float32]
	kernels    Kernels[float32]
	convention reference.Convention
	bad        error // of the order of its steps
}

// following returns the function that makes the samplers of a variant.
func following(a *arithmetic[float32], name, requires string, available bool) func(reference.Convention) reference.Sampler {
	kernels := a.kernels(name, requires, available)
	return func(c reference.Convention) reference.Sampler {
		c.Order = slices.Clone(c.Order)
		s := &sampler{arithmetic: a, kernels: kernels, convention: c}
		_, _, s.bad = c.Band([]float32{0}, reference.Sampling{Temperature: 1}, 0)
		return reference.Sampler{
			Name: name, Requires: requires, Available: available, Convention: c,
			Keep: s.keep, LogProbs: s.logProbs, Sample: s.sample, Draw: s.draw,
		}
	}
}

// Each row is an operation's at T = 1: the temperature is among its settings.
var (
	keepRows     = operation[float32]{finite: keepRow}
	logProbsRows = operation[float32]{finite: cutLogProbsRow}
	sampleRows   = operation[float32]{finite: cutSampleRow, batch: cutSampleBatch, longest: shortRow}
)

func (s *sampler) run(j *job[float32], how []reference.Sampling, o *operation[float32]) error {
	j.sampler, j.how = s, how
	return j.run(o)
}

// keep is [reference.Sampler].Keep.
func (s *sampler) keep(dst []bool, logits []float32, how []reference.Sampling) error {
	if s.bad != nil {
		return s.bad
	}
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
	}
	j := s.job(logits, len(how), 1)
	j.kept = dst
	return s.run(j, how, &keepRows)
}

func keepRow(j *job[float32], m *masses, r int, row []float32, _ float64) error {
	k, err := j.sampler.cut(m, row, j.how[r])
	if err != nil {
		return err
	}
	if !j.sampler.greedy(j.how[r]) {
		k = m.survivors.settled(k)
	}
	dst := j.kept[r*len(row) : (r+1)*len(row)]
	for v, x := range row {
		dst[v] = k.has(v, x)
	}
	return nil
}

// logProbs is [reference.Sampler].LogProbs.
func (s *sampler) logProbs(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
	if s.bad != nil {
		return s.bad
	}
	if len(dst) != len(how) || len(tokens) != len(how) {
		return fmt.Errorf("%d places and %d tokens for %d rows: %w", len(dst), len(tokens), len(how), reference.ErrShape)
	}
	if t, plain := s.allPlain(len(logits), how); plain {
		return s.kernels.LogProbs(dst, logits, tokens, t)
	}
	j := s.job(logits, len(how), 1)
	j.values, j.tokens = dst, tokens
	return s.run(j, how, &logProbsRows)
}

func cutLogProbsRow(j *job[float32], m *masses, r int, row []float32, _ float64) error {
	if err := checkToken(j.tokens[r], row); err != nil {
		return err
	}
	how, token := j.how[r], j.tokens[r]
	if t, plain := j.sampler.plain(how, len(row)); plain {
		return onlyRow(j.sampler.kernels.LogProbs(j.values[r:r+1], row, j.tokens[r:r+1], t))
	}
	k, err := j.sampler.cut(m, row, how)
	s := &m.survivors
	switch {
	case err != nil:
		return err
	case !s.keeps(k, token):
		j.values[r] = math.Inf(-1)
	case s.collect(k):
		total := s.weigh(how.Temperature)
		j.values[r] = s.exponent(row[token], how.Temperature) - elementary.Log(total)
	default:
		return onlyRow(j.sampler.kernels.LogProbs(j.values[r:r+1], s.masked(k), j.tokens[r:r+1], how.Temperature))
	}
	return nil
}

// sample is [reference.Sampler].Sample.
func (s *sampler) sample(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
	if s.bad != nil {
		return s.bad
	}
	if len(dst) != len(how) || len(u) != len(how) {
		return fmt.Errorf("%d places and %d uniform numbers for %d rows: %w", len(dst), len(u), len(how), reference.ErrShape)
	}
	if t, plain := s.allPlain(len(logits), how); plain {
		return s.kernels.Sample(dst, logits, u, t)
	}
	j := s.job(logits, len(how), 1)
	j.drawn, j.u = dst, u
	return s.run(j, how, &sampleRows)
}

func cutSampleRow(j *job[float32], m *masses, r int, row []float32, _ float64) error {
	if err := checkUniform(j.u[r], row); err != nil {
		return err
	}
	how := j.how[r]
	if t, plain := j.sampler.plain(how, len(row)); plain {
		return onlyRow(j.sampler.kernels.Sample(j.drawn[r:r+1], row, j.u[r:r+1], t))
	}
	if len(row) <= shortRow && j.sampler.sampleShort(j, m, r, row, how) == 0 {
		return nil
	}
	if token, ok := j.sampler.sampleUncut(m, row, how, j.u[r]); ok {
		j.drawn[r] = token
		return nil
	}
	k, err := j.sampler.cut(m, row, how)
	if err != nil {
		return err
	}
	s := &m.survivors
	if token, ok := s.drawFew(k, how.Temperature, j.u[r]); ok {
		j.drawn[r] = token
		return nil
	}
	switch {
	case !s.manyKept(k) && s.collect(k):
		j.drawn[r] = s.draw(how.Temperature, j.u[r])
	default:
		token, ok := s.drawMany(m, k, how.Temperature, j.u[r])
		if !ok {
			return onlyRow(j.sampler.kernels.Sample(j.drawn[r:r+1], s.masked(k), j.u[r:r+1], how.Temperature))
		}
		j.drawn[r] = token
	}
	return nil
}

// draw is [reference.Sampler].Draw.
func (s *sampler) draw(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
	if s.bad != nil {
		return s.bad
	}
	if len(dst) != len(how) {
		return fmt.Errorf("%d places for %d rows: %w", len(dst), len(how), reference.ErrShape)
	}
	if _, err := reference.Vocab(len(logits), len(how)); err != nil {
		return err
	}
	u := uniforms.Get().(*[]float64)
	defer uniforms.Put(u)
	*u = slices.Grow((*u)[:0], len(how))[:len(how)]
	for r, h := range how {
		if (*u)[r] = 0; !s.greedy(h) {
			if err := reference.CheckSource(src); err != nil {
				return err
			}
			(*u)[r] = reference.Uniform(src)
		}
	}
	return s.sample(dst, logits, *u, how)
}

// greedy reports whether the most probable token has all mass.
func (s *sampler) greedy(how reference.Sampling) bool {
	return how.Temperature == 0 || how.Temperature < s.convention.GreedyBelow
}

// plain reports whether the settings are good and leave a kernel's work alone, and its
// temperature.
func (s *sampler) plain(how reference.Sampling, vocab int) (temperature float64, plain bool) {
	switch {
	case s.convention.Check(how) != nil:
		return 0, false
	case s.greedy(how):
		return 0, true
	}
	return how.Temperature, (how.TopK == 0 || how.TopK >= vocab) && (how.TopP == 0 || how.TopP == 1) && how.MinP == 0
}

// allPlain is plain for all rows of a call at once, where their settings are the same: the
// kernel processes short rows together.
func (s *sampler) allPlain(logits int, how []reference.Sampling) (temperature float64, plain bool) {
	if len(how) == 0 || slices.ContainsFunc(how[1:], func(h reference.Sampling) bool { return h != how[0] }) {
		return 0, false
	}
	return s.plain(how[0], logits/len(how))
}

// onlyRow is the error of the only row of a call.
func onlyRow(err error) error {
	if rows, ok := err.(reference.RowErrors); ok {
		return rows[0].Err
	}
	return err
}
