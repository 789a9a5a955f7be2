package props

import (
	"fmt"
	"math"
	"slices"

	"temper/reference"
)

func samplerContentsLaw() Law {
	return samplerLaw{
		id: "Sampler/Contents",
		claim: "the answer is that of the contents: after a change in place of a logit, of the settings, of a token or of u, it is that of other memory with the same contents and words, " +
			"and what is kept is what is allowed there",
		source: "caches by the address of a buffer that is used again, as decoders use theirs for every step",
		of:     anySampler,
		once:   aFew,
		judge:  surveyed(ofEach(answersCutContents)),
	}.erased()
}

// cutChange is something that is done to a question in place.
type cutChange struct {
	name string
	make func(q *question)
}

// cutChanges make a logit of each row the largest, and then change the other arguments.
func cutChanges(s reference.Sampler, vocab int) []cutChange {
	logit := func(name string, place int) cutChange {
		return cutChange{name, func(q *question) {
			for r, how := range q.how {
				row := q.logits[r*vocab : (r+1)*vocab]
				row[place] = slices.Max(row) + float32(math.Max(1, 3*atT(how.Temperature)))
			}
		}}
	}
	return []cutChange{
		{"nothing", func(*question) {}},
		logit("the middle logit", vocab/2), logit("the first logit", 0), logit("the last logit", vocab-1),
		{"the settings", func(q *question) {
			for r := range q.how {
				if provides(s, reference.TopK) {
					q.how[r].TopK = 1 + q.how[r].TopK%2
				}
				if provides(s, reference.Temper) && q.how[r].Temperature > 0 {
					q.how[r].Temperature = 1.5
				}
			}
		}},
		{"the token or u", func(q *question) {
			for r := range q.how {
				q.tokens[r] = (q.tokens[r] + 1) % vocab
				q.u[r] = math.Mod(q.u[r]+0.5, 1)
			}
		}},
	}
}

// answersCutContents asks in place, one change after the other, and then in other memory: an
// answer that is kept for the last question alone shows too.
func answersCutContents(op samplerOperation, s reference.Sampler, b serving) error {
	q := b.question()
	dst := q.destination()
	changes := cutChanges(s, b.vocab())
	var asked []question
	var answers [][][]float64
	for n, change := range changes {
		change.make(&q)
		q.src = b.source(uint64(40 + n))
		if err := op.call(s, q, dst); err != nil {
			return fmt.Errorf("%s changed: %w", change.name, refusedGood(err))
		}
		asked = append(asked, question{slices.Clone(q.logits), slices.Clone(q.how), slices.Clone(q.tokens), slices.Clone(q.u), b.source(uint64(40 + n))})
		answers = append(answers, op.rows(q, dst))
	}
	for n, change := range changes {
		want, err := op.answer(s, asked[n])
		if err != nil {
			return err
		}
		for r, got := range answers[n] {
			if !slices.Equal(got, want[r]) {
				return fmt.Errorf("%s changed in place: row %d: %s, but %s in other memory", change.name, r, brief(got), brief(want[r]))
			}
			if err := op.allowed(s, asked[n], r, got); err != nil {
				return fmt.Errorf("%s changed: row %d: %w", change.name, r, err)
			}
		}
	}
	return nil
}

// allowed says what is wrong with the answer to one row.
func (op samplerOperation) allowed(s reference.Sampler, q question, r int, answer []float64) error {
	vocab := len(q.logits) / len(q.how)
	row, how := q.logits[r*vocab:(r+1)*vocab], q.how[r]
	a, err := allowanceOf(s, row, how)
	if err != nil {
		return err
	}
	switch op.of.words {
	case samplerKeep.words:
		kept := make([]bool, vocab)
		for v, x := range answer {
			kept[v] = x == 1
		}
		return a.judge(row, kept)
	case samplerLogProbs.words:
		if !declared(s) {
			return nil
		}
		return hasExactNumbers(s, row, how, q.tokens[r:r+1], answer)
	}
	if token := int(answer[0]); token < 0 || token >= vocab || !a.may(token) {
		return fmt.Errorf("token %d comes, which is cut or masked", token)
	}
	return nil
}
