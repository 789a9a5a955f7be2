package props

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"time"

	"temper/props/verdict"
)

// shrinkable inputs propose smaller ones of their kind, the smallest first.
type shrinkable[I any] interface{ smaller() iter.Seq[I] }

// shrinkTries is how many smaller inputs are tried for one counter-example. Unless
// the subject is slow, they run out before the time for it does, on any machine.
const shrinkTries = 500

// shrink looks for the smallest input on which the law is broken with the same
// words, and returns what it says there. Where the subject does not break the law
// again when asked again, or hangs, what was found first stays; so it does where
// the subject fails meanwhile, which is the second error.
func (l Law) shrink(subject, input any, found error, r run) (counterExample, failure error) {
	if l.smaller == nil || r.shrinkTime == 0 || errors.Is(found, errNoAnswer) {
		return found, nil
	}
	words := verdict.Words(found.Error())
	var last error
	breaks := func(input any) bool {
		if failure != nil {
			return false
		}
		err := l.try(subject, input, r.deadline)
		if err != nil && isFailure(err) {
			failure = err
			return false
		}
		broken := err != nil && verdict.Words(err.Error()) == words
		if broken {
			last = err
		}
		return broken
	}
	switch again := breaks(input); {
	case failure != nil:
		return found, failure
	case !again:
		return fmt.Errorf("%w\nasked again about the same, it did not fail so", found), nil
	}
	small := smallest(input, l.smaller, breaks, r.shrinkTime)
	if !breaks(small) || !breaks(small) {
		return found, failure
	}
	return last, nil
}

// smallest takes the first smaller input that breaks the law, again and again,
// until none does or the effort is spent.
func smallest(input any, smaller func(any) iter.Seq[any], breaks func(any) bool, within time.Duration) any {
	start, tries := time.Now(), 0
	for again := true; again; {
		again = false
		for candidate := range smaller(input) {
			if tries++; tries > shrinkTries || time.Since(start) > within {
				return input
			}
			if breaks(candidate) {
				input, again = candidate, true
				break
			}
		}
	}
	return input
}

// cut is a batch made smaller, with what is left of the original.
type cut struct {
	batch
	kept, tokens []int // which rows and which tokens of the original these are
}

// cuts leave out rows and tokens, half of them first and single ones last, then
// make the temperature and the logits simpler.
func (b batch) cuts() iter.Seq[cut] {
	rows, tokens := upTo(len(b.rows)), upTo(len(b.row()))
	return func(yield func(cut) bool) {
		for fewer := range fewer(rows) {
			if !yield(b.keep(fewer, tokens)) {
				return
			}
		}
		for fewer := range fewer(tokens) {
			if c := b.keep(rows, fewer); c.supported() && !yield(c) {
				return
			}
		}
		for t := range simplerTemperatures(b.temperature) {
			simpler := b
			simpler.temperature = t
			if !yield(cut{simpler, rows, tokens}) {
				return
			}
		}
		for simpler := range b.simplerLogits() {
			if !yield(cut{simpler, rows, tokens}) {
				return
			}
		}
	}
}

func (b batch) keep(rows, tokens []int) cut {
	c := cut{b, rows, tokens}
	c.rows = nil
	for _, r := range rows {
		row := make([]float32, len(tokens))
		for i, v := range tokens {
			row[i] = b.rows[r][v]
		}
		c.rows = append(c.rows, row)
	}
	return c
}

// supported says whether every row has a token that is not masked, as every row of
// a batch has.
func (c cut) supported() bool {
	return !slices.ContainsFunc(c.rows, func(row []float32) bool {
		return !slices.ContainsFunc(row, func(x float32) bool { return !isMasked(x) })
	})
}

func (b batch) smaller() iter.Seq[batch] {
	return func(yield func(batch) bool) {
		for c := range b.cuts() {
			if !yield(c.batch) {
				return
			}
		}
	}
}

// smaller keeps the row and the token that are spoiled.
func (s spoiled) smaller() iter.Seq[spoiled] {
	return func(yield func(spoiled) bool) {
		for c := range s.cuts() {
			small := s
			small.batch, small.row, small.at = c.batch, slices.Index(c.kept, s.row), slices.Index(c.tokens, s.at)
			if small.row >= 0 && small.at >= 0 && !yield(small) {
				return
			}
		}
	}
}

// fewer leaves out half of the places, then quarters, down to single ones; one
// place at least stays.
func fewer(places []int) iter.Seq[[]int] {
	return func(yield func([]int) bool) {
		for size := len(places) / 2; size > 0; size /= 2 {
			for from := 0; from < len(places); from += size {
				to := min(from+size, len(places))
				if to-from < len(places) && !yield(slices.Delete(slices.Clone(places), from, to)) {
					return
				}
			}
		}
	}
}

// simplerTemperatures are 1, 2 and one significant digit. T = 0 and T = +Inf are
// what some laws are about, and stay.
func simplerTemperatures(t float64) iter.Seq[float64] {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(t, 'e', 0, 64), 64) // overflows to +Inf at most, which is not simpler
	return func(yield func(float64) bool) {
		for _, candidate := range []float64{1, 2, rounded} {
			if t > 0 && simpler(candidate, t) && !yield(candidate) {
				return
			}
		}
	}
}

// simplerLogits make all logits simpler alike, then in short rows one by one.
func (b batch) simplerLogits() iter.Seq[batch] {
	const short = 64
	ways := []func(float64) float64{
		func(float64) float64 { return 0 },
		func(x float64) float64 { return math.Copysign(1, x) },
		func(x float64) float64 { return math.Round(x / 2) },
		math.Round,
		func(x float64) float64 { return math.Round(x*16) / 16 },
	}
	return func(yield func(batch) bool) {
		all := len(b.rows) * len(b.row())
		for _, way := range ways {
			if made, changed := b.with(way, 0, all); changed && !yield(made) {
				return
			}
		}
		for i := 0; i < all && all <= short; i++ {
			for _, way := range ways {
				if made, changed := b.with(way, i, i+1); changed && !yield(made) {
					return
				}
			}
		}
	}
}

// with changes the logits from, …, to − 1 of the matrix where that makes them
// simpler.
func (b batch) with(way func(float64) float64, from, to int) (made batch, changed bool) {
	made = b.keep(upTo(len(b.rows)), upTo(len(b.row()))).batch
	vocab := len(b.row())
	for i := from; i < to; i++ {
		x := float64(made.rows[i/vocab][i%vocab])
		if y := way(x); simpler(y, x) {
			made.rows[i/vocab][i%vocab], changed = float32(y), true
		}
	}
	return made, changed
}

// simpler says whether x takes fewer digits to write than the other number, or as
// many and is closer to 0. Every finite number is simpler than a mask.
func simpler(x, than float64) bool {
	if math.IsInf(x, 0) || math.IsNaN(x) || math.IsInf(than, 1) {
		return false
	}
	if math.IsInf(than, -1) {
		return true
	}
	digits, others := len(strconv.FormatFloat(x, 'g', -1, 32)), len(strconv.FormatFloat(than, 'g', -1, 32))
	return digits < others || digits == others && math.Abs(x) < math.Abs(than)
}
