package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/accuracy"
	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// drawLaws are about a sampler that spends randomness its own way: what it may
// never do, whatever the words, and the distribution of what it does.
func drawLaws() []Law {
	return []Law{
		drawSupportLaw(), drawRangeLaw(), drawFunctionLaw(),
		drawDistributionLaw(), drawSurveyLaw(), drawCollisionsLaw(), drawWordsLaw(), drawUniformLaw(), drawBitsLaw(), drawJointLaw(), drawRowsLaw(), drawEdgesLaw(),
		drawLongEdgesLaw(), drawTailLaw(), drawNoSourceLaw(), drawManyLaw(),
	}
}

func drawSupportLaw() Law {
	masked := float32(math.Inf(-1))
	return batchLaw{
		id:        "Draw/Support",
		claim:     "whatever the words of the source, the token is in range and not masked",
		source:    "pytorch#22557, go#65432: exponential noise exactly 0; pytorch#4517: infinite Gumbel noise; go#12290, v#16707: uniform rounds up to 1",
		of:        partOf(operation.Draw),
		inputs:    mustDomain.rows(3),
		witnesses: []batch{one(1, masked, 0, masked, 0, masked), one(1, 0, 0, masked), one(1, masked, 0), maskedEnds(32000)},
		judge:     drawsSupport,
	}.erased()
}

func drawRangeLaw() Law {
	return batchLaw{
		id:        "Draw/Range",
		claim:     "any finite float32 logits and any T above 0 have a token of the support",
		source:    "contract",
		level:     verdict.Should,
		of:        partOf(operation.Draw),
		inputs:    everywhere.rows(2),
		witnesses: []batch{one(math.SmallestNonzeroFloat64, 1, 0, -1), one(math.MaxFloat64, math.MaxFloat32, -math.MaxFloat32)},
		judge:     drawsSupport,
	}.erased()
}

// maskedEnds has equal logits between a masked first and a masked last token.
func maskedEnds(vocab int) batch {
	row := make([]float32, vocab)
	row[0], row[vocab-1] = float32(math.Inf(-1)), float32(math.Inf(-1))
	return one(1, row...)
}

func drawsSupport(k reference.Kernels, b batch) error {
	for _, word := range extremeWords {
		for repeat := range 3 {
			words := slices.Repeat([]uint64{word}, 1<<repeat*len(b.row()))
			q := b.query()
			q.Src = &script{words, b.source(3)}
			rows, err := operation.Draw.Answer(k, q)
			if err != nil {
				return fmt.Errorf("every word of the source is %#x: %w", word, err)
			}
			for r, row := range b.rows {
				if token := int(rows[r][0]); isMasked(row[token]) {
					return fmt.Errorf("every word of the source is %#x: row %d: token %d is masked", word, r, token)
				}
			}
		}
	}
	return nil
}

func drawFunctionLaw() Law {
	return batchLaw{
		id:     "Draw/Function",
		claim:  "the tokens are a function of the arguments and of the words of the source: same words, same tokens, whatever was drawn before",
		source: "mlx-lm#1580, vllm#51226: global generator; genai#3721: same seed twice differs",
		of:     partOf(operation.Draw),
		inputs: mustDomain.rows(4),
		judge:  drawIsFunction,
	}.erased()
}

func drawIsFunction(k reference.Kernels, b batch) error {
	var first [][]float64
	for attempt := range 3 {
		q := b.query()
		q.Src = b.source(7)
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		if attempt == 0 {
			first = rows
		}
		for r := range rows {
			if !slices.Equal(rows[r], first[r]) {
				return fmt.Errorf("row %d: token %v, and %v from the same words again", r, first[r][0], rows[r][0])
			}
		}
		other := b.query()
		other.Src = b.source(uint64(attempt)) // something else in between
		if _, err := operation.Draw.Answer(k, other); err != nil {
			return err
		}
	}
	return nil
}

func drawDistributionLaw() Law {
	return batchLaw{
		id:        "Draw/Law",
		claim:     "tokens come with probability p_T (e-process, false alarm 1e-12 an input)",
		source:    "contract; amrex#5545: modulo bias; garage#1357, dynet#708: probabilities used as logits",
		of:        partOf(operation.Draw),
		inputs:    drawable.one(),
		witnesses: []batch{one(0.5, zipfRow(64)...), one(2, zipfRow(64)...), one(1, zipfRow(64)...), one(math.Inf(1), 3, 1, 0, 2)},
		judge:     drawsByLaw,
	}.erased()
}

// drawable are rows whose law a few hundred draws can tell from another.
var drawable = domain{only: []float64{0.3, 0.7, 1, 1.7, 5, math.Inf(1)}, largest: 50}

// zipfRow has the probabilities 1, 1/2, 1/3, … at T = 1, up to their sum.
func zipfRow(vocab int) []float32 {
	row := make([]float32, vocab)
	for i := range row {
		row[i] = float32(-math.Log(float64(i + 1)))
	}
	return row
}

// drawsByLaw compares draws with the exact distribution, cell by cell: a thousand
// of a row of up to 64 tokens, fewer where a draw costs more.
func drawsByLaw(k reference.Kernels, b batch) error {
	row := b.row()
	cells := make([]float64, min(len(row), 64))
	for v, logp := range accuracy.ExactLogProbs(row, b.temperature) {
		cells[v*len(cells)/len(row)] += math.Exp(logp)
	}
	for i, p := range cells { // a lower bound on a law keeps the evidence honest, and one word in 2²⁴ is not damning
		if p > 0 {
			cells[i] = math.Max(p, 0x1p-24)
		}
	}
	evidence, src := newEvidence(cells), b.source(4)
	draws := min(1000, max(200, 1<<16/len(row)))
	for evidence.total < draws && !evidence.damning() {
		batch := min(100, max(1, 4096/len(row)))
		q := operation.Query{Logits: slices.Repeat(row, batch), Rows: batch, Src: src, Temperature: b.temperature}
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for _, answer := range rows {
			evidence.count(int(answer[0]) * len(cells) / len(row))
		}
	}
	return evidence.verdict()
}

func drawUniformLaw() Law {
	return batchLaw{
		id:        "Draw/Uniform",
		claim:     "at T = +Inf every one of 50257 tokens is as likely as the others (likelihood ratio against a 16-bit word modulo 50257, false alarm 1e-9; 1000 draws find it with probability 0.999)",
		source:    "amrex#5545: modulo bias; 2¹⁶ mod 50257 = 15279 tokens come twice as often",
		of:        partOf(operation.Draw),
		witnesses: []batch{one(math.Inf(1), make([]float32, 50257)...)},
		judge:     drawsWithoutModulo,
	}.erased()
}

// drawsWithoutModulo weighs the law against the named defect: a 16-bit word
// modulo the vocabulary gives 2 chances of 2¹⁶ to the tokens below 2¹⁶ mod vocab
// and 1 to the others. Draws that speak for the law enough end the search early:
// the defect itself would do that with a probability of acquittal at most.
func drawsWithoutModulo(k reference.Kernels, b batch) error {
	row := b.row()
	favoured := 1 << 16 % len(row)
	lawful, biased := float64(favoured)/float64(len(row)), float64(2*favoured)/(1<<16)
	logRatio, below := 0.0, 0
	const draws, batch, acquittal = 1000, 10, 1e-4
	src := b.source(6)
	for drawn := 0; drawn < draws && logRatio > math.Log(acquittal); drawn += batch {
		q := operation.Query{Logits: slices.Repeat(row, batch), Rows: batch, Src: src, Temperature: b.temperature}
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for _, answer := range rows {
			if int(answer[0]) < favoured {
				logRatio += math.Log(biased / lawful)
				below++
			} else {
				logRatio += math.Log((1 - biased) / (1 - lawful))
			}
		}
	}
	if logRatio >= -math.Log(falseAlarmOnce) {
		return fmt.Errorf("tokens below %d came %d times in %d draws, expected %.4g: a word modulo the vocabulary is exp(%.4g) times as likely", favoured, below, draws, lawful*draws, logRatio)
	}
	return nil
}

func drawLongEdgesLaw() Law {
	return batchLaw{
		id:        "Draw/LongEdges",
		claim:     "the masked ends of a row of 32000 tokens never come in 40 000 draws (a fault of 2e-4 a draw escapes with probability 3e-4; Draw/Support finds it at once where words can be chosen)",
		source:    "TensorFlow.js multinomial: a distribution function in float32 ends below 1, and the last event, masked or not, has the rest",
		long:      true,
		of:        partOf(operation.Draw),
		witnesses: []batch{maskedEnds(32000)},
		judge:     neverDrawsMasked,
	}.erased()
}

func neverDrawsMasked(k reference.Kernels, b batch) error {
	const draws, batch = 40_000, 32
	row := b.row()
	q := operation.Query{Logits: slices.Repeat(row, batch), Rows: batch, Src: b.source(8), Temperature: b.temperature}
	for drawn := 0; drawn < draws; drawn += batch {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for i, answer := range rows {
			if token := int(answer[0]); isMasked(row[token]) {
				return fmt.Errorf("draw %d is token %d, which is masked", drawn+i, token)
			}
		}
	}
	return nil
}

func drawEdgesLaw() Law {
	return batchLaw{
		id:        "Draw/Edges",
		claim:     "the first and the last token of the support and of a tail, and every other one, come as often as they should, and the masked ones beside them never (8000 draws, an e-process for every token, false alarm 1e-12 each)",
		source:    "TensorFlow.js multinomial: the last event for what rounding leaves; a tail that lands on one of its tokens",
		of:        partOf(operation.Draw),
		witnesses: []batch{edgesOf(16)},
		judge:     drawsEveryToken,
	}.erased()
}

// edgesOf is a head with half the mass and a tail of equal tokens with the other
// half, between masked ends.
func edgesOf(tail int) batch {
	b := maskedEnds(tail + 3)
	b.rows[0][1] = float32(math.Log(float64(tail)))
	return b
}

// drawsEveryToken weighs every token by itself against all others: two cells see
// a fault of one token with a few hundred draws of it, where a mixture over all
// tokens takes many more.
func drawsEveryToken(k reference.Kernels, b batch) error {
	const draws, batch = 8000, 100
	row := b.row()
	var tokens []*evidence
	for _, logp := range accuracy.ExactLogProbs(row, b.temperature) {
		p := math.Exp(logp)
		tokens = append(tokens, newEvidence([]float64{p, 1 - p}))
	}
	q := operation.Query{Logits: slices.Repeat(row, batch), Rows: batch, Src: b.source(9), Temperature: b.temperature}
	for range draws / batch {
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for _, answer := range rows {
			for v, e := range tokens {
				if v == int(answer[0]) {
					e.count(0)
				} else {
					e.count(1)
				}
			}
		}
	}
	for v, e := range tokens {
		if err := e.verdict(); err != nil {
			return fmt.Errorf("token %d (cell 0) against all others: %w", v, err)
		}
	}
	return nil
}

func drawTailLaw() Law {
	return batchLaw{
		id:        "Draw/Tail",
		claim:     "tokens of a tail of 2¹⁴ with mass 2⁻¹² come as often as they should, spread over all of it (e-processes over 160 000 draws on the tail and within it, false alarm 1e-12 each; a tail that never comes is found for certain)",
		source:    "jax#26974: a float32 running sum never reaches the tail; Sample/Tail sees it at once, where there is a Sample",
		long:      true,
		of:        partOf(operation.Draw),
		witnesses: []batch{longTail()},
		judge:     drawsTheTail,
	}.erased()
}

// drawsTheTail counts the draws from the tail, and among them those of its first
// token, of its last, and of sixteen stretches between.
func drawsTheTail(k reference.Kernels, b batch) error {
	const draws, batch, head, stretches = 160_000, 32, 2, 16
	row := b.row()
	tail := len(row) - head
	within := make([]float64, stretches+2)
	cell := func(token int) int {
		switch token -= head; token {
		case 0:
			return 0
		case tail - 1:
			return stretches + 1
		default:
			return 1 + token*stretches/tail
		}
	}
	mass := 0.0
	for v, logp := range accuracy.ExactLogProbs(row, b.temperature) {
		if v >= head {
			mass += math.Exp(logp)
			within[cell(v)] += 1 / float64(tail) // its logits are equal
		}
	}
	reached, spread := newEvidence([]float64{1 - mass, mass}), newEvidence(within)
	src, logits := b.source(7), slices.Repeat(row, batch)
	for reached.total < draws && !reached.damning() && !spread.damning() {
		rows, err := operation.Draw.Answer(k, operation.Query{Logits: logits, Rows: batch, Src: src, Temperature: b.temperature})
		if err != nil {
			return err
		}
		for _, answer := range rows {
			if token := int(answer[0]); token < head {
				reached.count(0)
			} else {
				reached.count(1)
				spread.count(cell(token))
			}
		}
	}
	if err := reached.verdict(); err != nil {
		return fmt.Errorf("head (cell 0) and tail: %w", err)
	}
	if err := spread.verdict(); err != nil {
		return fmt.Errorf("within the tail, cells from its first token to its last: %w", err)
	}
	return nil
}

func drawJointLaw() Law {
	return batchLaw{
		id:        "Draw/Joint",
		claim:     "successive draws from one source, in one call and in the next, are independent (e-process on pairs, false alarm 1e-12)",
		source:    "a generator made anew for each call has perfect marginals",
		of:        partOf(operation.Draw),
		witnesses: []batch{one(1, 0, 0.3, -0.4), one(0.7, 0, 0.3, -0.4)},
		judge:     drawsIndependently,
	}.erased()
}

// drawsIndependently counts pairs of neighbours: within a call, and across two.
func drawsIndependently(k reference.Kernels, b batch) error {
	row := b.row()
	vocab := len(row)
	var pairs []float64
	for _, first := range accuracy.ExactLogProbs(row, b.temperature) {
		for _, second := range accuracy.ExactLogProbs(row, b.temperature) {
			pairs = append(pairs, math.Exp(first+second))
		}
	}
	within, across := newEvidence(pairs), newEvidence(pairs)
	src := b.source(5)
	last := -1
	for range 400 {
		q := operation.Query{Logits: slices.Repeat(row, 2), Rows: 2, Src: src, Temperature: b.temperature}
		rows, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		first, second := int(rows[0][0]), int(rows[1][0])
		within.count(first*vocab + second)
		if last >= 0 {
			across.count(last*vocab + first)
			last = -1 // pairs must not share a draw
		} else {
			last = second
		}
	}
	if err := within.verdict(); err != nil {
		return fmt.Errorf("pairs of draws within a call: %w", err)
	}
	if err := across.verdict(); err != nil {
		return fmt.Errorf("pairs of draws across calls: %w", err)
	}
	return nil
}

// rowsAlike are rows of the same three logits, rowsRotated the same in another
// order in each.
func rowsAlike(n int) batch {
	return batch{rows: slices.Repeat([][]float32{{0, 0.3, -0.9}}, n), temperature: 0.7, seed: 1}
}

func rowsRotated(n int) batch {
	b := rowsAlike(n)
	for r, row := range b.rows {
		b.rows[r] = slices.Concat(row[r%3:], row[:r%3])
	}
	return b
}

func drawRowsLaw() Law {
	return batchLaw{
		id:        "Draw/Rows",
		claim:     "in a batch every row has its own law, and draws of any two rows are independent (e-processes on rows and on pairs at every distance, false alarm 1e-12 each)",
		source:    "TensorFlow.js multinomial: generator seeded for every row; mlxcel#356: the last seed for all rows; BIDMach#51: rows mixed up; vllm-rbln#615: padded rows at T = 0",
		of:        partOf(operation.Draw),
		witnesses: []batch{rowsAlike(8), rowsRotated(3), rowsRotated(5), rowsRotated(8)},
		judge:     drawsRowsApart,
	}.erased()
}

// drawsRowsApart asks for a batch again and again. The rows have the same logits
// in some order, so that the rank of a draw's logit has one law in all of them.
// Evidence is collected for every row by itself, and for every distance between
// rows from pairs that share no row.
func drawsRowsApart(k reference.Kernels, b batch) error {
	const calls = 150
	rows, vocab := len(b.rows), len(b.row())
	ranks, p := make([][]int, rows), make([]float64, vocab)
	for r, row := range b.rows {
		ranks[r] = make([]int, vocab)
		logp := accuracy.ExactLogProbs(row, b.temperature)
		for rank, token := range descending(row) {
			ranks[r][token], p[rank] = rank, math.Exp(logp[token])
		}
	}
	var pairs []float64
	for _, first := range p {
		for _, second := range p {
			pairs = append(pairs, first*second)
		}
	}
	alone, apart := make([]*evidence, rows), make([]*evidence, rows)
	for r := range rows {
		alone[r], apart[r] = newEvidence(p), newEvidence(pairs) // apart[0] stays empty
	}
	q := b.query()
	for range calls {
		answers, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		drawn := make([]int, rows)
		for r, answer := range answers {
			drawn[r] = ranks[r][int(answer[0])]
			alone[r].count(drawn[r])
		}
		for distance := 1; distance < rows; distance++ {
			for r := 0; r+distance < rows; r++ {
				if r/distance%2 == 0 {
					apart[distance].count(drawn[r]*vocab + drawn[r+distance])
				}
			}
		}
	}
	for r := range rows {
		if err := alone[r].verdict(); err != nil {
			return fmt.Errorf("row %d of %d, tokens from the most probable on: %w", r, rows, err)
		}
		if err := apart[r].verdict(); err != nil {
			return fmt.Errorf("pairs of rows at a distance of %d: %w", r, err)
		}
	}
	return nil
}
