package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// samplerDrawLaws are about draws that spend randomness in a way of their own.
func samplerDrawLaws() []Law {
	return []Law{samplerWordsLaw(), samplerFunctionLaw(), samplerBitsLaw(), samplerDrawLaw(), samplerSurveyLaw()}
}

func samplerWordsLaw() Law {
	return samplerLaw{
		id:     "Sampler/Words",
		claim:  "whatever the words of the source, the token is one that can be kept",
		source: "pytorch#22557: exponential noise exactly 0, so that a token of probability 0 comes; rejection that gives up and returns a token that is cut",
		of:     samplerDraw,
		once:   everyPair,
		judge:  surveyed(drawsWhatIsKept),
	}.erased()
}

func drawsWhatIsKept(s reference.Sampler, b serving) error {
	allowed, err := allowancesOf(s, b)
	if err != nil {
		return err
	}
	words := extremeWords
	if len(b.rows) > 1 {
		words = extremeWords[:3]
	}
	for _, word := range words {
		src := &script{slices.Repeat([]uint64{word}, 4*len(b.rows)), b.source(3)}
		if _, err := drawsOf(s, b, src, allowed, len(b.rows)); err != nil {
			return fmt.Errorf("every word of the source is %#x: %w", word, err)
		}
	}
	return nil
}

func allowancesOf(s reference.Sampler, b serving) ([]allowance, error) {
	var all []allowance
	for r, row := range b.rows {
		a, err := allowanceOf(s, row, b.how[r])
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// drawsOf draws one token for every row; one that cannot be kept settles the matter. The
// batch is so many rows, again and again.
func drawsOf(s reference.Sampler, b serving, src rand.Source, allowed []allowance, rows int) ([]int, error) {
	dst := slices.Repeat([]int{noToken}, len(b.rows))
	if err := s.Draw(dst, slices.Concat(b.rows...), src, b.how); err != nil {
		return nil, refusedGood(err)
	}
	if err := inVocabulary(dst, b.vocab(), func(i int) string { return rowNumber(i % rows) }); err != nil {
		return nil, err
	}
	for r, token := range dst {
		if !allowed[r].may(token) {
			return nil, fmt.Errorf("row %d: token %d comes, which is cut or masked", r%rows, token)
		}
	}
	return dst, nil
}

func samplerFunctionLaw() Law {
	return samplerLaw{
		id:     "Sampler/Function",
		claim:  "the tokens are a function of the arguments and of the words of the source: same words, same tokens",
		source: "mlx-lm#1580, vllm#51226: global generator",
		of:     samplerDraw,
		once:   everyPair,
		judge:  surveyed(cutDrawIsFunction),
	}.erased()
}

func cutDrawIsFunction(s reference.Sampler, b serving) error {
	var first []int
	for attempt := range 3 {
		dst := make([]int, len(b.rows))
		if err := s.Draw(dst, slices.Concat(b.rows...), b.source(7), b.how); err != nil {
			return refusedGood(err)
		}
		if attempt == 0 {
			first = dst
		}
		if !slices.Equal(first, dst) {
			return fmt.Errorf("tokens %s, and %s from the same words", brief(first), brief(dst))
		}
	}
	return nil
}

func samplerDrawLaw() Law {
	return samplerLaw{
		id:        "Sampler/Draw",
		claim:     "tokens come with the probabilities of what is kept, each row by its own settings (e-processes, false alarm 1e-12 a row); a token that is cut ends the test at once",
		source:    "vllm#1309: settings of another row; probabilities of the distribution before the cut",
		of:        declaring(samplerDraw),
		once:      everyTelling,
		witnesses: []servings{longAlone()[0], {manySettings()}},
		judge:     surveyed(drawsByCutLaw),
		measure:   freeBand,
	}.erased()
}

// everyTelling has batches of a few rows that tell conventions and settings apart, and
// rows of every class of settings.
func everyTelling(seed uint64) servings {
	r := rand.New(rand.NewPCG(seed, 22))
	all := tellingBatches(r)
	for range 12 {
		classes := anyClasses(r)
		classes[vocabFactor] = 0
		all = append(all, newServing(classes, r.Uint64()))
	}
	return all
}

// drawsByCutLaw weighs 300 draws of every row, 30 of a long one.
func drawsByCutLaw(s reference.Sampler, b serving) error {
	draws, copies := 300, 10
	switch {
	case b.vocab() >= longRow:
		draws = 30
	case len(b.rows) > copies:
		copies = 1
	}
	allowed, err := allowancesOf(s, b)
	if err != nil {
		return err
	}
	var weighed []*evidence
	var cells [][]int
	for r, row := range b.rows {
		p, of := allowed[r].cells(s.Convention, row, b.how[r])
		cells = append(cells, of)
		weighed = append(weighed, nil)
		if of != nil {
			weighed[r] = newEvidence(p)
		}
	}
	many := serving{slices.Repeat(b.rows, copies), slices.Repeat(b.how, copies), b.seed}
	src := b.source(4)
	for range draws / copies {
		tokens, err := drawsOf(s, many, src, slices.Repeat(allowed, copies), len(b.rows))
		if err != nil {
			return err
		}
		for i, token := range tokens {
			r := i % len(b.rows)
			if weighed[r] == nil {
				continue
			}
			if weighed[r].count(cells[r][token]); weighed[r].damning() {
				return fmt.Errorf("row %d: %w", r, weighed[r].verdict())
			}
		}
	}
	return nil
}

// cells are the probabilities of the draws' cells, and the cell of each token: its class
// where only some of equal logits are kept, itself otherwise; none where it is open how
// many are kept.
func (a allowance) cells(c reference.Convention, row []float32, how reference.Sampling) (p []float64, of []int) {
	t := takenFor(c, how.Temperature)
	if !a.decided() || t == 0 {
		return nil, nil
	}
	of = slices.Repeat([]int{-1}, len(row))
	byClass := map[int]int{}
	for v, logp := range annealedBy(row, a.more, t) {
		if !a.may(v) {
			continue
		}
		class := a.class[v]
		cell, ok := byClass[class]
		if whole := a.most[class] == a.size[class]; whole || !ok {
			cell = len(p)
			byClass[class], p = cell, append(p, 0)
		}
		of[v] = cell
		p[cell] += math.Exp(logp)
	}
	for i := range p { // a lower bound on the law keeps the evidence honest
		p[i] = math.Max(p[i], 0x1p-24)
	}
	return p, of
}
