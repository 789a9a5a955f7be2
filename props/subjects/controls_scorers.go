package subjects

import (
	"errors"
	"math"
	"math/big"
	"slices"
	"sync"

	"temper/reference"
	"temper/reference/sequence"
)

// scorerStyles add the same factors up in other ways.
func scorerStyles() []styled[sequence.Scorer] {
	whole := func(sum func(factors []float64) float64) sequence.Scorer {
		return factors(wholePrefix, func(factors []float64) (float64, int) { return sum(factors), len(factors) })
	}
	return []styled[sequence.Scorer]{
		{"plain sum", whole(addUp)},
		{"last factor first", whole(backward)},
		{"in windows with the whole context", whole(func(factors []float64) float64 {
			sum := 0.0
			for part := range slices.Chunk(factors, 64) {
				sum += addUp(part)
			}
			return sum
		})},
		{"base 2", whole(func(factors []float64) float64 {
			bits := 0.0
			for _, logp := range factors {
				bits += logp * math.Log2E
			}
			return bits * math.Ln2
		})},
		{"product with its exponent apart", whole(func(factors []float64) float64 {
			fraction, exponent := 1.0, 0
			for _, logp := range factors { // each as 2^n times a number between 1/2 and 2, since exp(−800) is 0
				n := math.Round(logp / math.Ln2)
				var more int
				fraction, more = math.Frexp(fraction * math.Exp(logp-n*math.Ln2))
				exponent += more + int(n)
			}
			return math.Log(fraction) + float64(exponent)*math.Ln2
		})},
		{"log p(xy) − log p(x)", func(m sequence.Model, prompt, completion []int) (float64, int, error) {
			if _, count, err := sequence.LogProb(m, prompt, completion); err != nil || len(completion) == 0 {
				return 0, count, err
			}
			return lessThePrompt(whole(backward))(m, prompt, completion)
		}},
		{"each row normalised again", byFactors(func(logp []float64, token int) float64 {
			row := slices.Clone(logp)
			if err := reference.AnnealLog(row, row, 1); err != nil {
				panic(err) // the rows of the suite's models are good
			}
			return row[token]
		}, plus)},
		{"all prefixes first, the whole sequence too", batched},
		{"prompt first", prefilling},
		{"sum in 200 bits", whole(inBits)},
		{"halves of halves", whole(byHalves)},
		{"in the order of their size", whole(func(factors []float64) float64 { return addUp(slices.Sorted(slices.Values(factors))) })},
		{"memory of whole prefixes", newMemory().score},
		{"four goroutines", concurrently},
		{"one token at a time, each after a longer prompt", oneByOne},
		{"in chunks of 64, each with what came before for its prompt", inChunks},
	}
}

func backward(factors []float64) float64 {
	sum := 0.0
	for _, logp := range slices.Backward(factors) {
		sum += logp
	}
	return sum
}

// byHalves adds up the sums of two halves.
func byHalves(factors []float64) float64 {
	if len(factors) < 3 {
		return addUp(factors)
	}
	half := len(factors) / 2
	return byHalves(factors[:half]) + byHalves(factors[half:])
}

func inBits(factors []float64) float64 {
	sum := new(big.Float).SetPrec(200)
	for _, logp := range factors {
		sum.Add(sum, new(big.Float).SetFloat64(logp))
	}
	total, _ := sum.Float64()
	return total
}

// batched asks for the conditionals of all prefixes, the whole sequence included, before
// it reads any.
func batched(m sequence.Model, prompt, completion []int) (float64, int, error) {
	vocab, tokens := m.VocabSize(), slices.Concat(prompt, completion)
	if err := allInRange(tokens, vocab); err != nil {
		return 0, 0, err
	}
	rows := make([]float64, (len(completion)+1)*vocab)
	for i := range len(completion) + 1 {
		if err := m.LogConditional(rows[i*vocab:(i+1)*vocab], tokens[:len(prompt)+i]); err != nil {
			return 0, 0, err
		}
	}
	sum := 0.0
	for i, token := range completion {
		sum += rows[i*vocab+token]
	}
	return sum, len(completion), nil
}

func allInRange(tokens []int, vocab int) error {
	for _, token := range tokens {
		if err := reference.CheckToken(token, vocab); err != nil {
			return err
		}
	}
	return nil
}

// prefilling asks for every prefix of the prompt as well.
func prefilling(m sequence.Model, prompt, completion []int) (float64, int, error) {
	if m.VocabSize() < 1000 {
		row := make([]float64, m.VocabSize())
		for i := range prompt {
			if err := m.LogConditional(row, prompt[:i]); err != nil {
				return 0, 0, err
			}
		}
	}
	return batched(m, prompt, completion)
}

// memory keeps log p of every token met, under the model and all tokens before.
type memory struct {
	mutex  sync.Mutex
	models map[sequence.Model]*remembered
}

// remembered is a node of the tree of prefixes.
type remembered struct {
	logp float64
	next map[int]*remembered
}

func newMemory() *memory { return &memory{models: map[sequence.Model]*remembered{}} }

func (t *memory) score(m sequence.Model, prompt, completion []int) (float64, int, error) {
	tokens := slices.Concat(prompt, completion)
	if err := allInRange(tokens, m.VocabSize()); err != nil {
		return 0, 0, err
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	node, ok := t.models[m]
	if !ok {
		node = &remembered{next: map[int]*remembered{}}
		t.models[m] = node
	}
	sum, row := 0.0, make([]float64, m.VocabSize())
	for i, token := range tokens {
		next, ok := node.next[token]
		if !ok {
			next = &remembered{logp: math.NaN(), next: map[int]*remembered{}}
			node.next[token] = next
		}
		if node = next; i < len(prompt) {
			continue
		}
		if math.IsNaN(node.logp) {
			if err := m.LogConditional(row, tokens[:i]); err != nil {
				return 0, 0, err
			}
			node.logp = row[token]
		}
		sum += node.logp
	}
	return sum, len(completion), nil
}

// concurrently asks for every fourth factor in a goroutine of its own.
func concurrently(m sequence.Model, prompt, completion []int) (float64, int, error) {
	tokens := slices.Concat(prompt, completion)
	if err := allInRange(tokens, m.VocabSize()); err != nil {
		return 0, 0, err
	}
	var sums [4]float64
	var failed [4]error
	var wait sync.WaitGroup
	for part := range sums {
		wait.Go(func() {
			row := make([]float64, m.VocabSize())
			for i := part; i < len(completion) && failed[part] == nil; i += len(sums) {
				failed[part] = m.LogConditional(row, tokens[:len(prompt)+i])
				sums[part] += row[completion[i]]
			}
		})
	}
	wait.Wait()
	return addUp(sums[:]), len(completion), errors.Join(failed[:]...)
}

// oneByOne is Σ log p(y_i | x y_<i), each a score of one token.
func oneByOne(m sequence.Model, prompt, completion []int) (float64, int, error) {
	if len(completion) == 0 {
		return sequence.LogProb(m, prompt, nil)
	}
	sum, count := 0.0, 0
	for i := range completion {
		logp, one, err := sequence.LogProb(m, slices.Concat(prompt, completion[:i]), completion[i:i+1])
		if err != nil {
			return 0, 0, err
		}
		sum, count = sum+logp, count+one
	}
	return sum, count, nil
}

func inChunks(m sequence.Model, prompt, completion []int) (float64, int, error) {
	sum, count, done := 0.0, 0, slices.Clone(prompt)
	for part := range slices.Chunk(completion, 64) {
		logp, more, err := batched(m, done, part)
		if err != nil {
			return 0, 0, err
		}
		sum, count, done = sum+logp, count+more, append(done, part...)
	}
	return sum, count, allInRange(prompt, m.VocabSize())
}
