package props

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// cutDrawFactors are the conditions of a token that is drawn for a row of a batch.
var cutDrawFactors = append(slices.Clone(drawFactors[1:5]), factor{"k", []string{"top-k", "no top-k"}})

func samplerSurveyLaw() Law {
	return law[reference.Sampler, survey]{
		id: "Sampler/Survey",
		claim: "in batches of 1 to 200 rows, each with logits, T and k of its own, every row's token comes with its probability, independently of the words of other rows and calls " +
			"(e-process with named bets on every pair of conditions, false alarm 1e-9)",
		source: "mlx-lm#1439: a state that freezes; vllm#1309: settings of another row; derived: words used twice",
		of:     declaring(samplerDraw),
		once:   func(seed uint64) survey { return survey{seed} },
		judge:  cutDrawsSurvey,
	}.erased()
}

// cutDrawsSurvey asks each batch some times, and bets on the token of every row.
func cutDrawsSurvey(s reference.Sampler, by survey) error {
	bets := newTokenBets(cutDrawFactors, drawLags, nil, by.seed)
	r := rand.New(rand.NewPCG(by.seed, 23))
	for batch, rows := range []int{64, 1, 2, 5, 17, 200, 48, 1, 2, 8, 32} {
		c := newCutCall(s.Convention, rows, r)
		src := rand.NewPCG(by.seed, uint64(batch)+6000)
		for range max(8, 160/rows) {
			if err := c.ask(s, src, bets); err != nil {
				return bets.weigh(c.asked(s, err, src))
			}
		}
		if err := bets.verdict(); err != nil {
			return bets.weigh(err)
		}
	}
	return bets.weigh(nil)
}

// asked adds to a finding what was asked: the row that it is about, and whether that row is
// answered so alone too.
func (c *cutCall) asked(s reference.Sampler, err error, src rand.Source) error {
	row, vocab := max(0, rowIn(err)), len(c.logits)/len(c.how)
	b := served(c.how[row], c.logits[row*vocab:(row+1)*vocab]...)
	for range 100 {
		token := []int{noToken}
		if s.Draw(token, b.rows[0], src, b.how) != nil || token[0] < 0 || token[0] >= vocab {
			break
		}
		if math.IsInf(c.laws[row].logProb(token[0]), -1) {
			return withInput(fmt.Errorf("%w; so it does where this row is asked alone", err), b.whole(0))
		}
	}
	return withInput(err, fmt.Sprintf("row %d of %d: %s", row, len(c.how), b.whole(0)))
}

// cutCall is one question of the survey: rows with their settings and laws.
type cutCall struct {
	logits     []float32
	how        []reference.Sampling
	laws       []*tokenLaw
	conditions [][]int
	before     []*placed // the tokens of the call before
}

// newCutCall makes rows of one vocabulary of up to 64 tokens, so that each token has a
// logit of its own. What top-k keeps of such a row is the same under every convention.
func newCutCall(c reference.Convention, rows int, r *rand.Rand) *cutCall {
	vocab := within(r, 8, mostLevels)
	call := &cutCall{before: make([]*placed, rows)}
	for n := range rows {
		class := r.IntN(len(drawTemperatures))
		temperature := between(r, drawTemperatures[class][0], drawTemperatures[class][1])
		if !slices.Contains(c.Order, reference.Temper) || takenFor(c, temperature) == 0 {
			class, temperature = slices.Index(drawTemperatures, [2]float64{1, 1}), 1
		}
		how := reference.Sampling{Temperature: temperature}
		row, logits := asLogits(profiles[r.IntN(len(profiles))].make(vocab, r), temperature, r)
		if slices.Contains(c.Order, reference.TopK) && !math.IsInf(temperature, 1) && r.IntN(3) > 0 {
			row, how.TopK = topOf(row, temperature, r)
		}
		call.logits, call.how = append(call.logits, logits...), append(call.how, how)
		call.laws = append(call.laws, newTokenLaw(row, temperature))
		call.conditions = append(call.conditions, slices.Concat([]int{class, classOf(rows, 1, 2, 8, 33, 64)}, placeOfRow(n, rows), []int{btoi(how.TopK == 0)}))
	}
	return call
}

// topOf masks all but the k largest levels of a row, and returns k: one at which the next
// level is so far below that float32 tells them apart before and after the division by T.
// It is 0, and the row as it was, where there is none.
func topOf(l levelled, temperature float64, r *rand.Rand) (levelled, int) {
	order := make([]int, 0, len(l.weights))
	for i, w := range l.weights {
		if l.count[i] > 0 && !math.IsInf(w, -1) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(l.weights[b], l.weights[a]) })
	var cuts []int
	for i := 1; i < len(order); i++ {
		above, below := l.weights[order[i-1]], l.weights[order[i]]
		if gap := above - below; gap > 1e-3*temperature && gap > 1e-4*math.Max(math.Abs(above), math.Abs(below)) {
			cuts = append(cuts, i)
		}
	}
	if len(cuts) == 0 {
		return l, 0
	}
	k := cuts[r.IntN(len(cuts))]
	cut := levelled{slices.Clone(l.weights), l.level, l.count}
	for _, i := range order[k:] {
		cut.weights[i] = math.Inf(-1)
	}
	return cut, k
}

// ask draws a token for every row and bets on it.
func (c *cutCall) ask(s reference.Sampler, src rand.Source, bets *tokenBets) error {
	dst := slices.Repeat([]int{noToken}, len(c.how))
	if err := s.Draw(dst, c.logits, src, c.how); err != nil {
		return refusedGood(err)
	}
	if err := inVocabulary(dst, len(c.logits)/len(c.how), rowNumber); err != nil {
		return err
	}
	var tokens []*placed
	for r, token := range dst {
		if math.IsInf(c.laws[r].logProb(token), -1) {
			return fmt.Errorf("row %d: token %d comes, which is cut or masked", r, token)
		}
		tokens = append(tokens, bets.see(c.laws[r], token, c.conditions[r], earlierRows(tokens, r, c.before[r]), nil))
	}
	c.before = tokens
	return nil
}
