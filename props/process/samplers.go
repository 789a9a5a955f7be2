package process

import (
	"fmt"
	"math/rand/v2"

	"temper/reference"
)

// The operations of [reference.Sampler] by their names in messages.
const (
	samplerKeep     = "Sampler.Keep"
	samplerLogProbs = "Sampler.LogProbs"
	samplerSample   = "Sampler.Sample"
	samplerDraw     = "Sampler.Draw"
)

func samplerOperations() []string {
	return []string{samplerKeep, samplerLogProbs, samplerSample, samplerDraw}
}

// Sampler asks the program; what it doesn't provide is nil, and a convention that it does
// not declare has no Order. Shapes are checked here, as for Kernels. A program that fails
// makes the operation panic.
func (p *Process) Sampler() reference.Sampler {
	s := reference.Sampler{Name: p.hello.Name, Available: true, Convention: p.hello.convention}
	for _, name := range p.hello.Operations {
		switch name {
		case samplerKeep:
			s.Keep = p.keep
		case samplerLogProbs:
			s.LogProbs = p.cutLogProbs
		case samplerSample:
			s.Sample = p.cutSample
		case samplerDraw:
			s.Draw = p.cutDraw
		}
	}
	return s
}

func (p *Process) keep(dst []bool, logits []float32, how []reference.Sampling) error {
	if len(dst) != len(logits) {
		return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
	}
	vocab, err := shape(len(logits), len(how))
	if vocab == 0 || err != nil {
		return err
	}
	kept := make([]byte, len(dst))
	for i, in := range dst {
		if in {
			kept[i] = 1
		}
	}
	err = fill(p, kept, vocab, servings(samplerKeep, how), logits)
	for i, in := range kept {
		dst[i] = in != 0
	}
	return err
}

func (p *Process) cutLogProbs(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
	vocab, err := shape(len(logits), len(how), len(dst), len(tokens))
	if vocab == 0 || err != nil {
		return err
	}
	q := servings(samplerLogProbs, how)
	q.Tokens = pack(wide(tokens))
	return fill(p, dst, 1, q, logits)
}

func (p *Process) cutSample(dst []int, logits []float32, u []float64, how []reference.Sampling) error {
	vocab, err := shape(len(logits), len(how), len(dst), len(u))
	if vocab == 0 || err != nil {
		return err
	}
	q := servings(samplerSample, how)
	q.U = pack(u)
	return fillTokens(p, dst, 1, q, logits)
}

func (p *Process) cutDraw(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
	vocab, err := shape(len(logits), len(how), len(dst))
	if vocab == 0 || err != nil {
		return err
	}
	q := servings(samplerDraw, how)
	q.Seed = seedFrom(src)
	return fillTokens(p, dst, 1, q, logits)
}

// shape returns the vocabulary. The other lengths have to be the number of rows.
func shape(logits, rows int, lengths ...int) (vocab int, err error) {
	for _, length := range lengths {
		if length != rows {
			return 0, fmt.Errorf("lengths %v for %d rows: %w", lengths, rows, reference.ErrShape)
		}
	}
	return reference.Vocab(logits, rows)
}

// servings is a question about rows with settings of their own.
func servings(operation string, how []reference.Sampling) question {
	var temperatures, topP, minP []float64
	var topK []int
	for _, h := range how {
		temperatures, topK = append(temperatures, h.Temperature), append(topK, h.TopK)
		topP, minP = append(topP, h.TopP), append(minP, h.MinP)
	}
	return question{
		Operation: operation, Rows: len(how),
		settings: settings{pack(temperatures), pack(wide(topK)), pack(topP), pack(minP)},
	}
}
