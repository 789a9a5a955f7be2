package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"temper/reference"
)

// serving is a batch as a server has it: rows of logits of one length, each with settings
// of its own, and a seed for tokens, uniform numbers and sources.
type serving struct {
	rows [][]float32
	how  []reference.Sampling
	seed uint64
}

// served is a batch of a single row.
func served(how reference.Sampling, row ...float32) serving {
	return serving{[][]float32{row}, []reference.Sampling{how}, 1}
}

func (b serving) source(use uint64) *rand.PCG { return rand.NewPCG(b.seed, use) }

func (b serving) vocab() int { return len(b.rows[0]) }

// fewRows are as many as a batch shows.
const fewRows = 4

func (b serving) String() string {
	var s strings.Builder
	for r, row := range b.rows {
		if r == fewRows {
			fmt.Fprintf(&s, "; and %d rows more", len(b.rows)-r)
			break
		}
		if r > 0 {
			s.WriteString("; ")
		}
		fmt.Fprintf(&s, "%s, logits %s", settingsOf(b.how[r]), brief(row))
	}
	return s.String()
}

// settingsOf names the settings that are on.
func settingsOf(how reference.Sampling) string {
	words := fmt.Sprintf("T = %v", how.Temperature)
	if how.TopK != 0 {
		words += fmt.Sprintf(", k = %d", how.TopK)
	}
	if how.TopP != 0 {
		words += fmt.Sprintf(", P = %v", how.TopP)
	}
	if how.MinP != 0 {
		words += fmt.Sprintf(", m = %v", how.MinP)
	}
	return words
}

// rowIn is the first row that a finding names, −1 if it names none.
func rowIn(err error) int {
	if named := rowName.FindStringSubmatch(err.Error()); named != nil {
		row, _ := strconv.Atoi(named[1])
		return row
	}
	return -1
}

var rowName = regexp.MustCompile(`\brow (\d+)\b`)

// showing is String, or of many rows the one that a finding is about.
func (b serving) showing(row int) string {
	if len(b.rows) <= fewRows || row < 0 || row >= len(b.rows) {
		return b.String()
	}
	return fmt.Sprintf("row %d of %d: %s", row, len(b.rows), b.whole(row))
}

// whole is a row with all its logits, if somebody would read them.
func (b serving) whole(row int) string {
	logits := brief(b.rows[row])
	if b.vocab() <= 64 {
		logits = fmt.Sprint(b.rows[row])
	}
	return fmt.Sprintf("%s, logits %s", settingsOf(b.how[row]), logits)
}

// askable is the batch with what the sampler's convention does not provide turned off.
func (b serving) askable(s reference.Sampler) serving {
	b.how = slices.Clone(b.how)
	for _, step := range absent(s) {
		for r := range b.how {
			b.how[r] = turnedOff(b.how[r], step)
		}
	}
	return b
}

// turnedOff turns the setting of a step off.
func turnedOff(how reference.Sampling, step reference.Step) reference.Sampling {
	switch step {
	case reference.Temper:
		how.Temperature = 1
	case reference.TopK:
		how.TopK = 0
	case reference.TopP:
		how.TopP = 0
	case reference.MinP:
		how.MinP = 0
	}
	return how
}

// The factors of a batch, and how many classes each has.
const (
	kFactor = iota
	pFactor
	mFactor
	temperatureFactor
	shapeFactor
	maskFactor
	vocabFactor
	rowsFactor
)

var (
	servingFactors = []string{"k", "P", "m", "T", "shape", "mask", "vocab", "rows"}
	servingClasses = []int{5, 6, 5, 7, len(shapes()), 4, 3, 3}
	servingPairs   = sync.OnceValue(func() [][]int { return covering(servingClasses...) })
)

// anyClasses are classes at random.
func anyClasses(r *rand.Rand) []int {
	classes := make([]int, len(servingClasses))
	for f, n := range servingClasses {
		classes[f] = r.IntN(n)
	}
	return classes
}

// everyPair has every pair of classes of two factors in some batch, and the rows that
// tell conventions apart.
func everyPair(seed uint64) servings {
	r := rand.New(rand.NewPCG(seed, 21))
	var all servings
	for _, classes := range servingPairs() {
		all = append(all, newServing(classes, r.Uint64()))
	}
	return append(all, tellingBatches(r)...)
}

// newServing has one row of these classes at some place among rows of other classes.
func newServing(classes []int, seed uint64) serving {
	r := rand.New(rand.NewPCG(seed, 20))
	b := serving{seed: seed}
	vocab := []int{1 + r.IntN(6), 7 + r.IntN(34), 41 + r.IntN(100)}[classes[vocabFactor]]
	count := []int{1, 2 + r.IntN(2), 4 + r.IntN(3)}[classes[rowsFactor]]
	place := r.IntN(count)
	for i := range count {
		of := classes
		if i != place {
			of = anyClasses(r)
		}
		b.add(of, vocab, r)
	}
	return b
}

// add is one row more, of these classes.
func (b *serving) add(classes []int, vocab int, r *rand.Rand) {
	how := drawSettings(classes, vocab, r)
	row := make([]float32, vocab)
	shapes()[classes[shapeFactor]].fill(row, r)
	normal.fit(row, how.Temperature)
	space(row, how.Temperature)
	maskSome(row, classes[maskFactor], r)
	b.rows, b.how = append(b.rows, row), append(b.how, how)
}

// normal keeps exp((logit − max) / T) a normal float32.
var normal = domain{largest: 40}

// space puts logits on a grid that float32 arithmetic does not blur: unequal logits stay
// unequal when they are divided by T, made relative to the largest, or exponentiated.
func space(row []float32, temperature float64) {
	largest := 0.0
	for _, x := range row {
		largest = math.Max(largest, math.Abs(float64(x)))
	}
	least := math.Max(largest*0x1p-20, 0x1p-18)
	if temperature > 1 && !math.IsInf(temperature, 1) {
		least = math.Max(least, temperature*0x1p-18)
	}
	_, exponent := math.Frexp(least)
	for i, x := range row {
		row[i] = float32(math.Ldexp(math.Round(math.Ldexp(float64(x), -exponent)), exponent))
	}
}

func maskSome(row []float32, class int, r *rand.Rand) {
	kept := r.IntN(len(row))
	for i := range row {
		out := false
		switch class {
		case 1:
			out = i < kept
		case 2:
			out = i > kept
		case 3:
			out = i != kept && (i*7+kept)%3 == 0
		}
		if out {
			row[i] = float32(math.Inf(-1))
		}
	}
}

// drawSettings are those of one row: off, at an edge, ordinary, tiny.
func drawSettings(classes []int, vocab int, r *rand.Rand) reference.Sampling {
	pick := func(values ...float64) float64 { return values[r.IntN(len(values))] }
	nearOne := 1 - math.Exp2(-float64(3+r.IntN(45)))
	return reference.Sampling{
		TopK: []int{0, 1, 2 + r.IntN(max(1, vocab/2)), max(1, vocab-1),
			[]int{vocab, vocab + 1, math.MaxInt32, math.MaxInt/2 + 2, math.MaxInt}[r.IntN(5)]}[classes[kFactor]],
		TopP: []float64{0, 1, 0.05 + 0.9*r.Float64(), pick(1e-30, 1e-9, math.Exp(-20*r.Float64())), nearOne,
			float64(1+r.IntN(7)) / 8}[classes[pFactor]],
		MinP: []float64{0, 1, math.Exp(-4 * r.Float64()), pick(1e-30, 1e-9, math.Exp(-30*r.Float64())), nearOne}[classes[mFactor]],
		Temperature: []float64{0, math.Inf(1), 1, 0.05 + 0.4*r.Float64(), 0.5 + 1.5*r.Float64(), 2 + 48*r.Float64(),
			pick(5e-7, 5e-6, 5e-5)}[classes[temperatureFactor]],
	}
}

// apart are rows that tell conventions apart: probabilities, or logits where logits is
// set, and settings.
var apart = []struct {
	numbers []float64
	logits  bool
	how     reference.Sampling
}{
	{[]float64{.4, .3, .3}, false, reference.Sampling{Temperature: 1, TopK: 2}},
	{[]float64{.4, .2, .2, .2}, false, reference.Sampling{Temperature: 1, TopP: .5}},
	{[]float64{.4, .3, .2, .1}, false, reference.Sampling{Temperature: 1, TopK: 2, TopP: .5}},
	{[]float64{.5, .2, .2, .1}, false, reference.Sampling{Temperature: 1, TopP: .75, MinP: .3}},
	{[]float64{3, 2, 1}, true, reference.Sampling{Temperature: .5, TopP: .8}},
	{[]float64{2, 1, 0, -1}, true, reference.Sampling{Temperature: 2, MinP: .2}},
	{[]float64{0, -0x1p-21}, true, reference.Sampling{Temperature: 5e-7}},
	{[]float64{0, -0x1p-18}, true, reference.Sampling{Temperature: 5e-6}},
	{[]float64{0, -0x1p-14}, true, reference.Sampling{Temperature: 5e-5}},
}

// tellingBatches are those rows, shifted by a small number, halved or doubled together with
// T, and permuted, alone and beside each other.
func tellingBatches(r *rand.Rand) servings {
	byVocab := map[int]*serving{}
	var all servings
	for range 2 {
		for _, row := range apart {
			b := served(row.how, tellingRow(row.numbers, row.logits, r)...)
			b.seed = r.Uint64()
			scale := []float64{1, 1, 0.5, 2}[r.IntN(4)]
			b.how[0].Temperature *= scale
			for v := range b.rows[0] {
				b.rows[0][v] *= float32(scale)
			}
			all = append(all, b)
			beside, ok := byVocab[b.vocab()]
			if !ok {
				beside = &serving{seed: r.Uint64()}
				byVocab[b.vocab()] = beside
			}
			beside.rows, beside.how = append(beside.rows, b.rows[0]), append(beside.how, b.how[0])
		}
	}
	for vocab := range 8 {
		if b, ok := byVocab[vocab]; ok {
			all = append(all, *b)
		}
	}
	return all
}

func tellingRow(numbers []float64, logits bool, r *rand.Rand) []float32 {
	row, place := make([]float32, len(numbers)), r.Perm(len(numbers))
	shift := 0.0
	if slices.Min(numbers) >= 0 { // the others have gaps that no number may be added to
		shift = float64(r.IntN(5) - 2)
	}
	for i, x := range numbers {
		if !logits {
			x = math.Log(x)
		}
		row[place[i]] = float32(x) + float32(shift)
	}
	return row
}
