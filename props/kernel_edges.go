package props

import (
	"fmt"
	"math"
	"slices"

	"temper/props/operation"
	"temper/props/verdict"
	"temper/reference"
)

// edges are rows of 2^k equal logits among masked tokens, whose distribution function is
// exact in binary: F(i) = j/2^k behind the j-th token of the support.
type edges struct {
	row     []float32
	support []int
	asked   []int // the j at which, and right beside which, questions are asked
}

func (e edges) String() string {
	return fmt.Sprintf("%d edges of T = %v, logits %s", len(e.asked), edgesT, brief(e.row))
}

const edgesT = 0.7

// newEdges has so many equal logits where a place is not masked. It is asked about every
// edge or, where the row is long, about those next to masked tokens.
func newEdges(equal int, masked func(v int) bool) edges {
	const every = 256
	var e edges
	for v := 0; len(e.support) < equal; v++ {
		x := float32(0.5)
		if masked(v) {
			x = float32(math.Inf(-1))
		} else {
			e.support = append(e.support, v)
		}
		e.row = append(e.row, x)
	}
	for j := range equal {
		if v := e.support[j]; equal <= every || v == 0 || j == equal-1 || isMasked(e.row[v-1]) || isMasked(e.row[v+1]) {
			e.asked = append(e.asked, j)
		}
	}
	if masked(len(e.row)) {
		e.row = append(e.row, float32(math.Inf(-1)))
	}
	return e
}

// equalAmongMasks has n equal logits, every other token masked.
func equalAmongMasks(n int) edges { return newEdges(n, func(v int) bool { return v%2 == 0 }) }

// edgesOfPlaces have a masked token at every other place, or nowhere.
func edgesOfPlaces() []edges {
	var all []edges
	for _, equal := range []int{1, 2, 8, 64, 256} {
		all = append(all, equalAmongMasks(equal), newEdges(equal, func(int) bool { return false }))
	}
	return all
}

// edgesOfBlocks have masked tokens at the first places of aligned blocks, too, and at the
// last ones.
func edgesOfBlocks() []edges {
	all := edgesOfPlaces()
	for block, equal := 8, 128; block <= 4096; block *= 2 {
		for equal < 3*block {
			equal *= 2
		}
		all = append(all, newEdges(equal, func(v int) bool { return v%block == 0 }))
		if block <= 64 {
			all = append(all, newEdges(equal, func(v int) bool { return v%block == block-1 }))
		}
	}
	return all
}

type edgesLaw = law[reference.Kernels, edges]

func sampleMaskedEdgesLaw() Law {
	return edgesLaw{
		id:        "Sample/MaskedEdges",
		claim:     "a masked token never comes, nor one outside the vocabulary, at u = F(i) and beside it, for the edges of 2^k equal logits among masked ones, at the first place of aligned blocks among others",
		source:    "flashinfer#225: a masked token at the first place of a block",
		of:        partOf(operation.Sample),
		witnesses: edgesOfBlocks(),
		judge: func(k reference.Kernels, e edges) error {
			return e.sampled(k, func(token, _ int) bool { return !isMasked(e.row[token]) })
		},
	}.erased()
}

func sampleEdgesLaw() Law {
	return edgesLaw{
		id:        "Sample/Edges",
		claim:     "with 2^k equal logits among masked ones, u = j/2^k is the first number of token j's interval and the one before it the last of token j−1's",
		source:    "contract: F(i−1) ≤ u < F(i), where both are exact",
		level:     verdict.Should,
		of:        partOf(operation.Sample),
		witnesses: edgesOfPlaces(),
		judge: func(k reference.Kernels, e edges) error {
			return e.sampled(k, func(token, want int) bool { return token == want })
		},
	}.erased()
}

// sampled asks at every edge and at both its neighbours.
func (e edges) sampled(k reference.Kernels, right func(token, want int) bool) error {
	n := float64(len(e.support))
	for some := range slices.Chunk(e.asked, 1+4096/len(e.row)) {
		var u []float64
		var want []int
		for _, j := range some {
			edge := float64(j) / n
			u, want = append(u, edge, math.Nextafter(edge, 1)), append(want, e.support[j], e.support[j])
			if j > 0 {
				u, want = append(u, math.Nextafter(edge, 0)), append(want, e.support[j-1])
			}
		}
		tokens, err := sampleOf(k, e.row, edgesT, u...)
		if err != nil {
			return err
		}
		for i, token := range tokens {
			if !right(token, want[i]) {
				return fmt.Errorf("u = %v gives token %d, not %d", u[i], token, want[i])
			}
		}
	}
	return nil
}

func drawMaskedEdgesLaw() Law {
	return edgesLaw{
		id:        "Draw/MaskedEdges",
		claim:     "a masked token is never drawn, nor one outside the vocabulary, by the words 2⁶⁴·F(i) and beside them, for the edges of 2^k equal logits among masked ones, at the first place of aligned blocks among others",
		source:    "flashinfer#225: a masked token at the first place of a block",
		of:        partOf(operation.Draw),
		witnesses: edgesOfBlocks(),
		judge:     drawsAtEdges,
	}.erased()
}

// drawsAtEdges writes one word for each row, which is what samplers by inversion take; one
// that takes more goes on with random ones.
func drawsAtEdges(k reference.Kernels, e edges) error {
	step := math.MaxUint64/uint64(len(e.support)) + 1 // 0 for one token: 2⁶⁴
	for some := range slices.Chunk(e.asked, 1+4096/len(e.row)) {
		var words []uint64
		for _, j := range some {
			edge := uint64(j) * step
			words = append(words, edge, edge-1, edge+1)
		}
		q := ofRow(e.row, len(words), edgesT)
		q.Src = &script{slices.Clone(words), batch{seed: 1}.source(0)}
		answer, err := operation.Draw.Answer(k, q)
		if err != nil {
			return err
		}
		for i, drawn := range answer {
			if token := int(drawn[0]); isMasked(e.row[token]) {
				return fmt.Errorf("the word %#x draws token %d, which is masked", words[i], token)
			}
		}
	}
	return nil
}
