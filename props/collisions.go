package props

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/reference"
	"temper/reference/sequence"
)

// collisions is an e-process on whole answers to one question, asked again and again. Each
// multiplies a product by
//
//	1 − ε + ε · (how often x came before / n) / p(x)
//
// whose mean is 1 under the law. A sampler that makes a generator of its own from 16 bits
// of the source has 65536 answers: of 1500 some 17 come again, each of which multiplies by
// about ε / (n · p(x)).
type collisions struct {
	before map[string]int
	n      int
	logM   float64
}

func newCollisions() *collisions { return &collisions{before: map[string]int{}} }

// see takes in an answer with its log-probability.
func (c *collisions) see(answer string, logp float64) {
	const epsilon = 1e-3
	if c.n > 0 {
		share := float64(c.before[answer]) / float64(c.n)
		c.logM += mixed(1-epsilon, math.Log(share)-logp)
	}
	c.before[answer]++
	c.n++
}

func (c *collisions) verdict() error {
	if c.logM < -math.Log(falseAlarmOnce) {
		return nil
	}
	most, example := 0, ""
	for answer, n := range c.before {
		if n > most || n == most && answer < example {
			most, example = n, answer
		}
	}
	return fmt.Errorf("%d different answers of %d, one of them %d times, %s: the words of the source seem to be cut (evidence exp(%.4g))", len(c.before), c.n, most, example, c.logM)
}

const (
	collisionClaim  = ", so that a generator made from 16 bits of a word shows (1500 answers to one question, e-process, false alarm 1e-9)"
	collisionSource = "derived: seeds cut to 8 or 16 bits"
)

func generatorCollisionsLaw() Law {
	return generatorLaw{
		id:        "Generator/Collisions",
		claim:     "whole completions come again no more often than by chance" + collisionClaim,
		source:    collisionSource,
		of:        aGenerator,
		witnesses: []errand{collidingErrand()},
		judge:     generatesWithoutCollisions,
	}.erased()
}

// collidingErrand has completions of some 20 nats.
func collidingErrand() errand {
	m := newRowsByHistory(30, -1, 0, 1, profiles[:1], 5)
	return errand{known{m, "30 tokens, rows by the whole history, seed 5", -1, 3}, []int{1, 2}, 12, 1, 5}
}

func generatesWithoutCollisions(g sequence.Generator, e errand) error {
	m := e.model.Model.(*rowsByHistory)
	seen, src := newCollisions(), e.source()
	for range 1500 {
		tokens, err := e.run(g, src)
		if err != nil {
			return err
		}
		logp := 0.0
		for i := len(e.prompt); i < len(tokens); i++ {
			if err := reference.CheckToken(tokens[i], m.vocab); err != nil {
				return fmt.Errorf("%s: position %d: %w", brief(tokens), i, err)
			}
			logp += m.logProb(tokens[:i], tokens[i])
		}
		if math.IsInf(logp, -1) {
			return fmt.Errorf("completion %s is impossible", brief(tokens))
		}
		seen.see(fmt.Sprint(tokens), logp)
	}
	return seen.verdict()
}

func drawCollisionsLaw() Law {
	return batchLaw{
		id:        "Draw/Collisions",
		claim:     "the tokens of four rows together come again no more often than by chance" + collisionClaim,
		source:    collisionSource,
		of:        partOf(operation.Draw),
		witnesses: []batch{collidingRows()},
		judge:     drawsWithoutCollisions,
	}.erased()
}

// collidingRows are four rows of 300 nearly equal tokens: 10¹⁰ answers.
func collidingRows() batch {
	b, r := batch{temperature: 1, seed: 1}, rand.New(rand.NewPCG(1, 12))
	for range 4 {
		row := make([]float32, 300)
		for v := range row {
			row[v] = float32(r.Float64())
		}
		b.rows = append(b.rows, row)
	}
	return b
}

func drawsWithoutCollisions(k reference.Kernels, b batch) error {
	var logp [][]float64
	for _, row := range b.rows {
		logp = append(logp, accuracy.ExactLogProbs(row, b.temperature))
	}
	seen, q := newCollisions(), b.query()
	q.Src = b.source(10)
	for range 1500 {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		tokens, total := make([]int, len(rows)), 0.0
		for r, answer := range rows {
			tokens[r] = int(answer[0])
			total += logp[r][tokens[r]]
		}
		seen.see(fmt.Sprint(tokens), total)
	}
	return seen.verdict()
}

func drawWordsLaw() Law {
	return batchLaw{
		id:        "Draw/Words",
		claim:     "every row of a batch takes words of its own: of 64 and of 300 equal rows, two at any distance have the same of a thousand or a hundred nearly equal tokens as seldom as chance says (8 batches, a likelihood ratio for every distance, false alarm 1e-12 each)",
		source:    "mlxcel#356: the last seed for all rows; derived: words used again some rows later",
		of:        partOf(operation.Draw),
		witnesses: []batch{alikeRows(64, 1000), alikeRows(300, 100)},
		judge:     drawsWithWordsOfTheirOwn,
	}.erased()
}

// alikeRows are so many equal rows of so many nearly equal tokens.
func alikeRows(rows, vocab int) batch {
	row := make([]float32, vocab)
	for v := range row {
		row[v] = float32(v%7) / 8
	}
	return batch{rows: slices.Repeat([][]float32{row}, rows), temperature: 1, seed: 1}
}

// drawsWithWordsOfTheirOwn bets at every distance that a row has the token of the row so
// far before.
func drawsWithWordsOfTheirOwn(k reference.Kernels, b batch) error {
	logp := accuracy.ExactLogProbs(b.row(), b.temperature)
	copies := newCopies(everyDistance(len(b.rows))...)
	q := b.query()
	q.Src = b.source(11)
	for range 8 {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		copies.see(len(rows), func(i, before int) float64 {
			if token := int(rows[i][0]); token == int(rows[before][0]) {
				return -logp[token]
			}
			return math.Inf(-1)
		})
	}
	return copies.verdict("rows")
}

// copies are a likelihood ratio for each of some distances at which the elements of a list may
// be those before. Under the law a pair multiplies by ½ + ½ / p(x) with probability p(x), and
// by ½ otherwise.
type copies struct {
	distances []int
	logM      []float64
}

func newCopies(distances ...int) copies { return copies{distances, make([]float64, len(distances))} }

// everyDistance are those of a list of this length.
func everyDistance(length int) (distances []int) {
	for d := 1; d < length; d++ {
		distances = append(distances, d)
	}
	return distances
}

// see takes in a list. ratio is −log p of an element that is the same as the one before, and
// −Inf of another one.
func (c copies) see(length int, ratio func(i, before int) float64) {
	other := math.Log(again)
	for k, distance := range c.distances {
		for i := distance; i < length; i++ {
			if same := ratio(i, i-distance); math.IsInf(same, -1) {
				c.logM[k] += other
			} else {
				c.logM[k] += mixed(again, same)
			}
		}
	}
}

// most is the distance with the most evidence, and whether that is enough.
func (c copies) most() (distance int, logM float64, enough bool) {
	logM = slices.Max(c.logM)
	return c.distances[slices.Index(c.logM, logM)], logM, logM >= -math.Log(falseAlarm)
}

// verdict is about words that the elements, rows for example, should have for themselves.
func (c copies) verdict(elements string) error {
	if distance, logM, enough := c.most(); enough {
		return fmt.Errorf("%s take the words of the %s %d before (evidence exp(%.4g))", elements, elements, distance, logM)
	}
	return nil
}
