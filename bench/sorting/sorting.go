// Package sorting has samplers that sort the tokens, as inference engines do, in plain
// Go. They follow one order of steps and differ in how many tokens they sort, and when:
//
//	fullsort     all of them, before anything is cut
//	heap         one token after the other from a heap of all
//	partialsort  as many as a cut asks for, as llama.cpp does
//
// They are written after descriptions of the algorithms, for comparison with faster ones.
package sorting

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"temper/reference"
)

// Samplers returns all samplers of this package. Each is for any order of the steps.
func Samplers() []func(reference.Convention) reference.Sampler {
	return []func(reference.Convention) reference.Sampler{FullSort, Heap, PartialSort}
}

// sampler is a [reference.Sampler] with a style of sorting. It follows the order of c:
// exactly k tokens are kept, those with M(v) < P, and M(v) is relative to what earlier cuts
// kept.
func sampler(name string, c reference.Convention, sort style) reference.Sampler {
	c = reference.Convention{Name: c.Name, Order: c.Order}
	room := sync.Pool{New: func() any { return &row{style: sort} }}
	each := func(logits []float32, how []reference.Sampling, use func(r int, left *row) error) error {
		vocab, err := reference.Vocab(len(logits), len(how))
		if err != nil {
			return err
		}
		left := room.Get().(*row)
		defer room.Put(left)
		var bad reference.RowErrors
		for r, h := range how {
			logits := logits[r*vocab : (r+1)*vocab]
			err := c.Check(h)
			if err == nil {
				err = left.cut(logits, c.Order, h)
			}
			if err == nil {
				err = use(r, left)
			}
			if err != nil {
				bad = append(bad, reference.RowError{Row: r, Err: err})
			}
		}
		return bad.Err()
	}
	return reference.Sampler{
		Name: name, Available: true, Convention: c,
		Keep: func(dst []bool, logits []float32, how []reference.Sampling) error {
			if len(dst) != len(logits) {
				return fmt.Errorf("%d places for %d logits: %w", len(dst), len(logits), reference.ErrShape)
			}
			return each(logits, how, func(r int, left *row) error {
				kept := dst[r*len(dst)/len(how) : (r+1)*len(dst)/len(how)]
				clear(kept)
				for _, c := range left.tokens {
					kept[c.token] = true
				}
				return nil
			})
		},
		LogProbs: func(dst []float64, logits []float32, tokens []int, how []reference.Sampling) error {
			if len(dst) != len(how) || len(tokens) != len(how) {
				return fmt.Errorf("%d places and %d tokens for %d rows: %w", len(dst), len(tokens), len(how), reference.ErrShape)
			}
			return each(logits, how, func(r int, left *row) error {
				if err := reference.CheckToken(tokens[r], len(logits)/len(how)); err != nil {
					return err
				}
				dst[r] = left.logProb(tokens[r])
				return nil
			})
		},
		Draw: func(dst []int, logits []float32, src rand.Source, how []reference.Sampling) error {
			if len(dst) != len(how) {
				return fmt.Errorf("%d places for %d rows: %w", len(dst), len(how), reference.ErrShape)
			}
			return each(logits, how, func(r int, left *row) error {
				u := 0.0
				if how[r].Temperature > 0 {
					if err := reference.CheckSource(src); err != nil {
						return err
					}
					u = reference.Uniform(src)
				}
				dst[r] = left.draw(u)
				return nil
			})
		},
	}
}
