package subjects

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"sync"
	"unsafe"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// asked is a query about an operation with what is special about it.
type asked struct {
	operation.Query
	vocab int
}

func (a asked) row(r int) []float32 { return a.Logits[r*a.vocab : (r+1)*a.vocab] }

// instead makes an operation of the reference answer another question, where the lengths
// fit: what it returns.
func instead(op operation.Operation, other func(a asked) operation.Query) reference.Kernels {
	return only(but(func(k *reference.Kernels) {
		op.Set(k, func(q operation.Query, dst operation.Destination) error {
			if vocab, err := op.Vocab(q, dst); err == nil && vocab > 0 {
				q = other(asked{q, vocab})
			}
			return op.Call(reference.Scalar, q, dst)
		})
	}), op)
}

// afterwards changes the answers of the reference to good rows.
func afterwards(op operation.Operation, change func(a asked, dst operation.Destination)) reference.Kernels {
	return only(but(func(k *reference.Kernels) {
		op.Set(k, func(q operation.Query, dst operation.Destination) error {
			given := q
			given.Logits = slices.Clone(q.Logits) // lost, in place
			err := op.Call(reference.Scalar, q, dst)
			if vocab, _ := op.Vocab(q, dst); err == nil && vocab > 0 {
				change(asked{given, vocab}, dst)
			}
			return err
		})
	}), op)
}

// atTemperature takes another T for the one asked about.
func atTemperature(op operation.Operation, other func(a asked) float64) reference.Kernels {
	return instead(op, func(a asked) operation.Query {
		a.Temperature = other(a)
		return a.Query
	})
}

// withRows changes the logits of some rows.
func withRows(op operation.Operation, change func(a asked, r int, row []float32)) reference.Kernels {
	return instead(op, func(a asked) operation.Query {
		given := a
		a.Logits = slices.Clone(a.Logits)
		for r := range a.Rows {
			change(given, r, a.row(r))
		}
		return a.Query
	})
}

func isPowerOf2(n int) bool { return bits.OnesCount(uint(n)) == 1 }

func masked32(x float32) bool { return math.IsInf(float64(x), -1) }

// heat divides a row, so that it has the distribution of another temperature.
func heat(row []float32, by float32) {
	for v := range row {
		row[v] /= by
	}
}

// coveringMutants are wrong where two conditions meet, in one row of a batch, in a band of
// temperatures, at an edge, or when memory is used again.
func coveringMutants() []mutant[reference.Kernels] {
	return slices.Concat(conditionMutants(), bandMutants(), batchMutants(), edgeMutants(), cacheMutants())
}

func conditionMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	nats := func(op operation.Operation, by float64, when func(a asked, r int) bool) reference.Kernels {
		return afterwards(op, func(a asked, dst operation.Destination) {
			for r := range dst.Nats {
				if when(a, r) {
					dst.Nats[r] += by
				}
			}
		})
	}
	blindBehind := func(op operation.Operation) reference.Kernels {
		return withRows(op, func(a asked, r int, row []float32) {
			for v := 4096; v < len(row) && a.Temperature == 0; v++ {
				if row[v] != row[v] {
					row[v] = -1e30
				}
			}
		})
	}
	return []m{
		{"two conditions", "derived", "log-probabilities off by .01 above 65536 tokens below T = .1", nats(operation.LogProbs, 0.01, func(a asked, r int) bool {
			return a.vocab > 65536 && a.Temperature < 0.1 && !math.IsInf(a.Temperature, 1)
		}), verdict.Must},
		{"two conditions", "derived", "log-sum-exp off by .01 above 65536 tokens above T = 6", nats(operation.LogSumExp, 0.01, func(a asked, r int) bool {
			return a.vocab > 65536 && a.Temperature > 6
		}), verdict.Must},
		{"two conditions", "derived", "log-sum-exp off by .01 where the largest logit is in the last block of a masked row", nats(operation.LogSumExp, 0.01, func(a asked, r int) bool {
			row := a.row(r)
			return len(row) > 64 && slices.Index(row, slices.Max(row)) >= len(row)/64*64 && slices.ContainsFunc(row, masked32)
		}), verdict.Must},
		{"two conditions", "derived", "log-probability of the last token off by .01 in a flat row above T = 2", nats(operation.LogProbs, 0.01, func(a asked, r int) bool {
			return a.Temperature > 2 && a.vocab > 1 && a.Tokens[r] == a.vocab-1 && slices.Max(a.row(r)) == slices.Min(a.row(r))
		}), verdict.Must},
		{"two conditions", "derived", "NaN from 34 rows on below T = .28", nats(operation.LogSumExp, math.NaN(), func(a asked, r int) bool {
			return a.Rows >= 34 && a.Temperature < 0.28
		}), verdict.Must},
		{"two conditions", "derived", "NaN is not seen behind 4096 logits at T = 0, in Anneal", blindBehind(operation.Anneal), verdict.Must},
		{"two conditions", "derived", "NaN is not seen behind 4096 logits at T = 0, in Draw", blindBehind(operation.Draw), verdict.Must},
		{"two conditions", "derived", "NaN is not seen behind 65536 logits, in Sample", withRows(operation.Sample, func(a asked, r int, row []float32) {
			for v := 65536; v < len(row); v++ {
				if row[v] != row[v] {
					row[v] = float32(math.Inf(-1))
				}
			}
		}), verdict.Must},
		{"two conditions", "derived", "NaN is not seen in the rows from the ninth on", withRows(operation.Sample, func(a asked, r int, row []float32) {
			for v, x := range row {
				if r >= 8 && x != x {
					row[v] = 0
				}
			}
		}), verdict.Must},
		{"two conditions", "derived", "two +Inf give the uniform distribution", withRows(operation.Anneal, func(a asked, r int, row []float32) {
			infinite := 0
			for _, x := range row {
				if math.IsInf(float64(x), 1) {
					infinite++
				}
			}
			if infinite == 2 {
				clear(row)
			}
		}), verdict.Must},
		{"two conditions", "vllm#46560", "tokens in 16 bits", instead(operation.LogProbs, func(a asked) operation.Query {
			tokens := slices.Clone(a.Tokens)
			for r, token := range tokens {
				if token >= 0 && token < a.vocab {
					tokens[r] = int(uint16(token))
				}
			}
			a.Tokens = tokens
			return a.Query
		}), verdict.Must},
		{"two conditions", "derived", "the last vocab mod 8 logits dropped from 1000 tokens on", withRows(operation.LogSumExp, func(a asked, r int, row []float32) {
			for v := len(row) / 8 * 8; v < len(row) && len(row) >= 1000; v++ {
				row[v] = float32(math.Inf(-1))
			}
		}), verdict.Must},
		{"two conditions", "derived", "a mask of −10 in trailing masks of 1000 tokens and more", withRows(operation.Anneal, func(a asked, r int, row []float32) {
			for v := len(row) - 1; v > 0 && len(row) >= 1000 && masked32(row[v]) && !masked32(row[0]); v-- {
				row[v] = -10
			}
		}), verdict.Must},
		{"two conditions", "derived", "all but one token masked, above T = 100: half of the mass", afterwards(operation.Anneal, func(a asked, dst operation.Destination) {
			for r := range a.Rows {
				row := a.row(r)
				if kept := firstUnmasked(row); a.Temperature > 100 && len(row) > 8 && !slices.ContainsFunc(row[kept+1:], func(x float32) bool { return !masked32(x) }) {
					dst.Probabilities[r*a.vocab+kept] /= 2
				}
			}
		}), verdict.Must},
		{"two conditions", "derived", "the second of two rows of 32000 tokens and more divided by the first one's sum", withRows(operation.Sample, func(a asked, r int, row []float32) {
			if r == 1 && a.Rows == 2 && a.vocab >= 32000 {
				heat(row, 1.5)
			}
		}), verdict.Must},
	}
}

func bandMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	band := func(op operation.Operation, low, high, taken float64) reference.Kernels {
		return atTemperature(op, func(a asked) float64 {
			if t := a.Temperature; t > low && t < high {
				return taken
			}
			return a.Temperature
		})
	}
	return []m{
		{"band", "derived", "T rounded to .1 in Anneal", atTemperature(operation.Anneal, func(a asked) float64 {
			if t := a.Temperature; t > 0.05 && t < 1e6 {
				return math.Round(t*10) / 10
			}
			return a.Temperature
		}), verdict.Must},
		{"band", "derived", "T above 6 taken for +Inf in Sample", band(operation.Sample, 6, math.Inf(1), math.Inf(1)), verdict.Must},
		{"band", "derived", "greedy between .05 and .28 in Sample", band(operation.Sample, 0.05, 0.28, 0), verdict.Must},
		{"band", "derived", "T between .9 and 1 taken for 1 in LogProbs", band(operation.LogProbs, 0.9, 1, 1), verdict.Must},
		{"band", "derived", "T between 1 and 1.1 taken for 1 in Anneal", band(operation.Anneal, 1, 1.1, 1), verdict.Must},
		{"band", "derived", "T between .95 and 1 taken for 1 in LogSumExp from 1000 tokens on", atTemperature(operation.LogSumExp, func(a asked) float64 {
			if t := a.Temperature; t > 0.9 && t < 1 && a.vocab >= 1000 {
				return 1
			}
			return a.Temperature
		}), verdict.Must},
		{"band", "derived", "T off by a thousandth above 151000 tokens", atTemperature(operation.Anneal, func(a asked) float64 {
			if a.vocab > 151000 {
				return a.Temperature * 1.001
			}
			return a.Temperature
		}), verdict.Must},
	}
}

func batchMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	rows := func(op operation.Operation, when func(a asked, r int) bool) reference.Kernels {
		return withRows(op, func(a asked, r int, row []float32) {
			if when(a, r) {
				heat(row, 1.25)
			}
		})
	}
	return []m{
		{"row", "derived", "T of row 0 of 16 rows and more is off", rows(operation.LogProbs, func(a asked, r int) bool { return r == 0 && a.Rows >= 16 }), verdict.Must},
		{"row", "derived", "T of the last of nine rows and more is off", rows(operation.Anneal, func(a asked, r int) bool { return a.Rows >= 9 && r == a.Rows-1 }), verdict.Must},
		{"row", "derived", "T of every eighth row is off", rows(operation.Sample, func(a asked, r int) bool { return r%8 == 7 }), verdict.Must},
		{"row", "derived", "T of the rows from the ninth on is off", rows(operation.Sample, func(a asked, r int) bool { return r >= 8 }), verdict.Must},
		{"row", "derived", "T of nine rows and more is off where the vocabulary is a power of 2 from 256 on", rows(operation.LogSumExp, func(a asked, r int) bool {
			return a.Rows >= 9 && a.vocab >= 256 && isPowerOf2(a.vocab)
		}), verdict.Must},
		{"row", "derived", "row r + 50 has the answer of row r", instead(operation.Anneal, func(a asked) operation.Query {
			a.Logits = slices.Clone(a.Logits)
			for r := 50; r < min(a.Rows, 100); r++ {
				copy(a.row(r), a.row(r-50))
			}
			return a.Query
		}), verdict.Must},
		{"row", "derived", "masked tokens of the rows from the ninth on have a logit of −10", withRows(operation.Draw, func(a asked, r int, row []float32) {
			for v, x := range row {
				if r >= 8 && masked32(x) && slices.ContainsFunc(row, func(x float32) bool { return !masked32(x) }) {
					row[v] = -10
				}
			}
		}), verdict.Must},
	}
}

// edgeMutants never return a token, or return a masked one beside an edge.
func edgeMutants() []mutant[reference.Kernels] {
	type m = mutant[reference.Kernels]
	never := func(when func(vocab int) bool, first bool) reference.Kernels {
		return afterwards(operation.Sample, func(a asked, dst operation.Destination) {
			for r, token := range dst.Draws {
				end, step := a.vocab-1, -1
				if first {
					end, step = 0, 1
				}
				if when(a.vocab) && a.vocab > 2 && token == end && a.Temperature > 0 && !masked32(a.row(r)[end+step]) {
					dst.Draws[r] = end + step
				}
			}
		})
	}
	// stepping returns the masked first place of a block where u is an edge beside it.
	stepping := func(dst []int, logits []float32, u []float64, t float64) {
		for r, token := range dst {
			row := rowOf(logits, r, len(dst))
			if before := token - 1; before >= 8 && before%8 == 0 && masked32(row[before]) && isExactEdge(row, token, u[r]) {
				dst[r] = before
			}
		}
	}
	return []m{
		{"edge", "derived", "the last token never comes where the vocabulary is a power of 2", never(isPowerOf2, false), verdict.Must},
		{"edge", "derived", "the first token never comes one below a power of 2", never(func(vocab int) bool { return isPowerOf2(vocab + 1) }, true), verdict.Must},
		{"edge", "derived", "the last token never comes one above a power of 2, from 1025 on", never(func(vocab int) bool { return vocab > 1024 && isPowerOf2(vocab-1) }, false), verdict.Must},
		{"edge", "flashinfer#225", "Sample returns a masked token at the first place of a block for u at its edge", afterwards(operation.Sample, func(a asked, dst operation.Destination) {
			stepping(dst.Draws, a.Logits, a.U, a.Temperature)
		}), verdict.Must},
		{"edge", "flashinfer#225", "Draw returns a masked token at the first place of a block for a word at its edge", drawing(func(dst []int, logits []float32, src rand.Source, t float64) error {
			var u []float64
			err := reference.Scalar.Draw(dst, logits, recorded{src, &u}, t)
			if err == nil && t > 0 {
				stepping(dst, logits, u, t)
			}
			return err
		}), verdict.Must},
	}
}

// isExactEdge reports whether u is the first number of a token's interval in a row of equal
// logits among masked ones.
func isExactEdge(row []float32, token int, u float64) bool {
	before, all := 0, 0
	for v, x := range row {
		if masked32(x) {
			continue
		}
		if x != row[token] {
			return false
		}
		if all++; v < token {
			before++
		}
	}
	return u == float64(before)/float64(all)
}

// recorded keeps the uniform numbers that the reference makes of the words.
type recorded struct {
	rand.Source
	u *[]float64
}

func (r recorded) Uint64() uint64 {
	word := r.Source.Uint64()
	*r.u = append(*r.u, float64(word>>11)*0x1p-53)
	return word
}

// cacheMutants keep answers by less than what they depend on.
func cacheMutants() []mutant[reference.Kernels] {
	var mutants []mutant[reference.Kernels]
	type key struct {
		address     uintptr
		length      int
		first, last float32
		temperature float64
	}
	add := func(cause string, op operation.Operation, of func(q operation.Query) key) {
		var mutex sync.Mutex
		answers := map[key]operation.Destination{}
		mutants = append(mutants, mutant[reference.Kernels]{"cache", "derived", cause, only(but(func(k *reference.Kernels) {
			op.Set(k, func(q operation.Query, dst operation.Destination) error {
				vocab, err := op.Vocab(q, dst)
				if err != nil || vocab == 0 || vocab > 600 {
					return op.Call(reference.Scalar, q, dst)
				}
				at := of(q)
				mutex.Lock()
				answer, known := answers[at]
				mutex.Unlock()
				if known && len(answer.Nats) == len(dst.Nats) && len(answer.Draws) == len(dst.Draws) {
					copy(dst.Nats, answer.Nats)
					copy(dst.Probabilities, answer.Probabilities)
					copy(dst.Draws, answer.Draws)
					return nil
				}
				if err := op.Call(reference.Scalar, q, dst); err != nil {
					return err
				}
				mutex.Lock()
				answers[at] = operation.Destination{Nats: slices.Clone(dst.Nats), Probabilities: slices.Clone(dst.Probabilities), Draws: slices.Clone(dst.Draws)}
				mutex.Unlock()
				return nil
			})
		}), op), verdict.Must})
	}
	for _, op := range operation.All() {
		add(op.Name+" kept by address, length and T", op, func(q operation.Query) key {
			return key{address: uintptr(unsafe.Pointer(&q.Logits[0])), length: len(q.Logits), temperature: q.Temperature}
		})
		add(op.Name+" kept by address and the logits at both ends", op, func(q operation.Query) key {
			return key{address: uintptr(unsafe.Pointer(&q.Logits[0])), length: len(q.Logits), first: q.Logits[0], last: q.Logits[len(q.Logits)-1], temperature: q.Temperature}
		})
		add(op.Name+" kept by length, first logit and T", op, func(q operation.Query) key {
			return key{length: len(q.Logits), first: q.Logits[0], temperature: q.Temperature}
		})
	}
	add("LogProbs kept by address and contents, whatever T", operation.LogProbs, func(q operation.Query) key {
		return key{address: uintptr(unsafe.Pointer(&q.Logits[0])), length: len(q.Logits), first: q.Logits[len(q.Logits)/2]}
	})
	return mutants
}
