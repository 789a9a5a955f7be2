package props

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/operation"
	"temper/reference"
)

// drawFactors are the conditions of a token that is drawn for a row of a batch.
var drawFactors = []factor{
	{"vocabulary", []string{"2 to 7 tokens", "8 to 63 tokens", "64 to 130 tokens", "250 to 1030 tokens", "4090 to 4100 tokens", "32000 or 65536 tokens", "151936 tokens"}},
	{"T", []string{"T < 0.05", "0.05 < T < 0.28", "0.28 < T < 0.6", "0.6 < T < 0.8", "0.8 < T < 1", "T = 1", "1 < T < 1.3", "1.3 < T < 2", "2 < T < 6", "6 < T < 100", "100 < T", "T = +Inf"}},
	{"rows", []string{"one row", "two rows", "3 to 8 rows", "9 to 33 rows", "34 to 64 rows", "65 to 300 rows"}},
	{"row", []string{"row 0", "row 1", "row 2", "row 3", "row 4", "row 5", "row 6", "row 7", "rows 8 to 15", "rows 16 to 31", "rows 32 to 63", "rows from 64 on"}},
	{"last", []string{"the last row", "a row before the last"}},
	{"profile", profileNames(drawProfiles)},
	{"alike", []string{"rows of their own", "equal rows"}},
}

// drawTemperatures are the ranges of T, in its classes.
var drawTemperatures = [][2]float64{{1e-4, 0.05}, {0.05, 0.28}, {0.28, 0.6}, {0.6, 0.8}, {0.8, 1}, {1, 1}, {1, 1.3}, {1.3, 2}, {2, 6}, {6, 100}, {100, 1e4}, {math.Inf(1), math.Inf(1)}}

// drawProfiles are those of every row, and four that show a defect in a few draws: a token
// with nearly all the mass, somewhere, first or last; and one that has seven times as much
// as each of the others. Against 1 − 2e-4 for the last token, a sampler that never draws it
// is found out by five draws: each is 5000 times as likely then.
var drawProfiles = slices.Concat(profiles, []profile{
	{"one token has nearly all", nearlyAll(func(vocab int, r *rand.Rand) int { return r.IntN(vocab) })},
	{"the first token has nearly all", nearlyAll(func(int, *rand.Rand) int { return 0 })},
	{"the last token has nearly all", nearlyAll(func(vocab int, _ *rand.Rand) int { return vocab - 1 })},
	{"one token is above the rest", oneAbove},
})

// The places of the last four.
var (
	nearlyAllKind, firstKind, lastKind, oneAboveKind = len(profiles), len(profiles) + 1, len(profiles) + 2, len(profiles) + 3
)

func profileNames(profiles []profile) (names []string) {
	for _, p := range profiles {
		names = append(names, "a row of the kind “"+p.name+"”")
	}
	return names
}

func nearlyAll(place func(vocab int, r *rand.Rand) int) func(vocab int, r *rand.Rand) levelled {
	return func(vocab int, r *rand.Rand) levelled {
		return spread(vocab, r).withShare(place(vocab, r), 1-2e-4)
	}
}

func oneAbove(vocab int, r *rand.Rand) levelled {
	return flat(vocab, r).withShare(r.IntN(vocab), 7/float64(7+vocab-1))
}

// call is one question of a survey: rows with their laws.
type call struct {
	query operation.Query
	laws  []*tokenLaw
	times int   // how often it is asked
	class []int // vocabulary, T, rows
	kinds []int // the profile of each row
	alike bool
}

// all are the calls of a survey, made one by one, those first that take the least time for what
// they tell.
func (s survey) all() iter.Seq[*call] {
	return func(yield func(*call) bool) {
		_ = s.temperatureCalls(yield) && s.endCalls(yield) && s.calls(yield)
	}
}

// calls cover the pairs of classes of a batch. What costs most, the largest vocabularies
// and many rows, is met once with every class of the others.
func (s survey) calls(yield func(*call) bool) bool {
	array := covering(7, 12, 6, 2) // vocabulary, T, rows, alike
	lower(array, 2, func(row []int) bool { return row[0] >= 5 })
	for i, row := range array {
		kind, single := i%len(drawProfiles), row[0] >= 5 && row[2] == 0
		if single {
			kind = telling(drawTemperatures[row[1]][0])
		}
		c := s.newCall(i, row[:3], row[3] == 1, kind)
		if single {
			c.times = 5
		}
		if !yield(c) {
			return false
		}
	}
	return true
}

// newCall is the call of these classes, its first row of this kind. Equal rows are all of
// it, others of one kind after the other.
func (s survey) newCall(number int, class []int, alike bool, kind int) *call {
	r := rand.New(rand.NewPCG(s.seed, uint64(number)))
	vocabularies := [][2]int{{2, 7}, {8, 63}, {64, 130}, {250, 1030}, {4090, 4100}, {32000, 65536}, {151936, 151936}}[class[0]]
	counts := [][2]int{{1, 1}, {2, 2}, {3, 8}, {9, 33}, {34, 64}, {65, 300}}[class[2]]
	vocab, rows := within(r, vocabularies[0], vocabularies[1]), within(r, counts[0], counts[1])
	switch class[0] {
	case 2, 3, 4: // powers of two, and their neighbours
		if r.IntN(2) == 0 {
			vocab = 1<<[]int{7, 9, 12}[class[0]-2] + r.IntN(3) - 1
		}
	case 5, 6:
		vocab, rows = vocabularies[r.IntN(2)], min(counts[0], 34)
	}
	temperature := between(r, drawTemperatures[class[1]][0], drawTemperatures[class[1]][1])
	c := &call{class: class, alike: alike, times: max(1, min(60, 60/rows, 1<<17/(rows*vocab)))}
	c.query = operation.Query{Rows: rows, Temperature: temperature, Src: rand.NewPCG(s.seed, uint64(number)+5000), Logits: make([]float32, 0, rows*vocab)}
	for n := range rows {
		if alike && n > 0 {
			c.kinds, c.laws = append(c.kinds, c.kinds[0]), append(c.laws, c.laws[0])
			c.query.Logits = append(c.query.Logits, c.query.Logits[:vocab]...)
			continue
		}
		kind := (kind + n) % len(drawProfiles)
		c.add(kind, drawProfiles[kind].make(vocab, r), r)
	}
	return c
}

// telling is the profile that shows in a few draws whether a temperature is kept: below 1 a
// sampler that takes it for 1 or above hardly ever draws the one token with nearly all
// mass, and above 1 one that takes it for 1 or below draws the token above the rest.
func telling(temperature float64) int {
	if temperature < 1 {
		return nearlyAllKind
	}
	return oneAboveKind
}

// endCalls ask for the first and the last token of each vocabulary, a few times.
func (s survey) endCalls(yield func(*call) bool) bool {
	number := 1000
	for class := range drawFactors[0].classes {
		for _, kind := range []int{firstKind, lastKind} {
			c := s.newCall(number, []int{class, 5, 0}, false, kind)
			c.times = 6
			if number++; !yield(c) {
				return false
			}
		}
	}
	return true
}

// asLogits are float32 logits with the distribution of l at the temperature, and l with
// their weights. At T = +Inf they are what others would be at T = 1, 100, 1000 or 10⁶, so
// that such a number taken for infinity shows.
func asLogits(l levelled, temperature float64, r *rand.Rand) (levelled, []float32) {
	if math.IsInf(temperature, 1) {
		temperature = []float64{1, 100, 1000, 1e6}[r.IntN(4)]
	}
	l = l.heated(temperature, 1e30)
	for i, w := range l.weights {
		l.weights[i] = float64(float32(w))
	}
	logits := make([]float32, len(l.level))
	for v, i := range l.level {
		logits[v] = float32(l.weights[i])
	}
	return l, logits
}

var drawLags = []string{"the row before", "two rows before", "three rows before", "four rows before", "eight rows before", "the same row of the call before"}

func drawSurveyLaw() Law {
	return law[reference.Kernels, survey]{
		id: "Draw/Survey",
		claim: "in batches of 1 to 300 rows, each with logits of its own, of 2 to 151936 tokens, at every T, every row's token comes with its probability, independently of the words of other rows " +
			"(e-process with named bets on every pair of conditions, false alarm 1e-9)",
		source: "vllm-rbln#615: padded rows at T = 0; mlxcel#356: the last seed for all rows; BIDMach#51: rows mixed up; derived: a fault under two conditions at once",
		of:     partOf(operation.Draw),
		once:   func(seed uint64) survey { return survey{seed} },
		judge:  drawsSurvey,
	}.erased()
}

// drawsSurvey asks every call that no declaration leaves out, and bets on each row's token.
func drawsSurvey(k reference.Kernels, s survey) error {
	bets := newTokenBets(drawFactors, drawLags, nil, s.seed)
	return bets.weigh(eachOf(s.all(), func(c *call) error {
		if err := c.ask(k, bets); err != nil {
			return fmt.Errorf("%w\nasked: %v", err, c)
		}
		return bets.verdict()
	}))
}

func (c *call) String() string {
	return fmt.Sprintf("%d rows of %d tokens, the first of the kind “%s”, T = %v", c.query.Rows, len(c.laws[0].level), drawProfiles[c.kinds[0]].name, c.query.Temperature)
}

// ask draws the tokens of a call as often as it says, and then bets: where a declaration
// leaves out some answers, as those that are greedy at a low T, the others would be no
// fair sample.
func (c *call) ask(k reference.Kernels, bets *tokenBets) error {
	var all [][][]float64
	for range c.times {
		answers, err := operation.Draw.Answer(k, c.query)
		if err != nil {
			return err
		}
		all = append(all, answers)
	}
	callBefore := make([]*placed, len(c.laws))
	for _, answers := range all {
		var tokens []*placed
		for r, answer := range answers {
			law, token := c.laws[r], int(answer[0])
			if math.IsInf(law.logProb(token), -1) {
				return fmt.Errorf("row %d: token %d is masked", r, token)
			}
			conditions := slices.Concat(c.class, placeOfRow(r, len(answers)), []int{c.kinds[r], btoi(c.alike)})
			tokens = append(tokens, bets.see(law, token, conditions, earlierRows(tokens, r, callBefore[r]), nil))
		}
		callBefore = tokens
	}
	return nil
}

// placeOfRow is the classes of the factors “row” and “last”.
func placeOfRow(r, rows int) []int {
	return []int{classOf(r, 0, 1, 2, 3, 4, 5, 6, 7, 15, 31, 63), classOf(rows-r, 1)}
}

// earlierRows are what the lags of row r lead to: rows before it, and its token in the
// call before.
func earlierRows(tokens []*placed, r int, before *placed) []*placed {
	var earlier []*placed
	for _, lag := range []int{1, 2, 3, 4, 8} {
		if r < lag {
			earlier = append(earlier, nil)
		} else {
			earlier = append(earlier, tokens[r-lag])
		}
	}
	return append(earlier, before)
}

// temperatureCalls have the rows of which a temperature that is 3 % off takes the least
// time to show, in every class of T: see [survey.temperatureStages].
func (s survey) temperatureCalls(yield func(*call) bool) bool {
	for i, temperatures := range drawTemperatures[:len(drawTemperatures)-1] {
		r := rand.New(rand.NewPCG(s.seed, uint64(2000+i)))
		temperature := math.Sqrt(temperatures[0] * temperatures[1])
		rows, times, class := 64, 30, 4
		if i%2 == 1 { // as many tokens, in more rows
			rows, times, class = 192, 10, 5
		}
		c := &call{class: []int{2, i, class}, times: times}
		c.query = operation.Query{Rows: rows, Temperature: temperature, Src: rand.NewPCG(s.seed, uint64(3000+i))}
		for range c.query.Rows {
			c.add(1, headAndTail(100, r), r)
		}
		if !yield(c) {
			return false
		}
	}
	return true
}

// add is one row more.
func (c *call) add(kind int, l levelled, r *rand.Rand) {
	row, logits := asLogits(l, c.query.Temperature, r)
	c.kinds, c.laws = append(c.kinds, kind), append(c.laws, newTokenLaw(row, c.query.Temperature))
	c.query.Logits = append(c.query.Logits, logits...)
}
