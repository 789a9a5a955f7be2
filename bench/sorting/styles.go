package sorting

import (
	"cmp"
	"slices"

	"temper/reference"
)

// FullSort sorts all tokens before the first cut.
func FullSort(c reference.Convention) reference.Sampler {
	all := func(r *row) int { return len(r.tokens) }
	return sampler("fullsort", c, style{func(r *row, _ int) { r.sortAll() }, all})
}

func (r *row) sortAll() {
	sortDown(r.tokens)
	r.sorted = len(r.tokens)
}

func sortDown(tokens []candidate) {
	slices.SortFunc(tokens, func(a, b candidate) int { return cmp.Compare(b.logit, a.logit) })
}

// Heap makes a heap of all tokens and takes the largest from it, one after the other.
func Heap(c reference.Convention) reference.Sampler {
	one := func(r *row) int { return r.sorted + 1 }
	return sampler("heap", c, style{takeFromHeap, one})
}

// takeFromHeap has the heap at the end of the tokens, the largest last: a token that is
// taken changes places with the last leaf, and is then behind those that were taken.
func takeFromHeap(r *row, n int) {
	if !r.heaped {
		rest := r.tokens[r.sorted:]
		for i := len(rest)/2 - 1; i >= 0; i-- {
			sink(rest, i)
		}
		r.heaped = true
	}
	for root := len(r.tokens) - 1; r.sorted < n; r.sorted++ {
		r.tokens[root], r.tokens[r.sorted] = r.tokens[r.sorted], r.tokens[root]
		sink(r.tokens[r.sorted+1:], 0)
	}
}

// sink lets the i-th token of a heap sink to its place. The root, which is the last of the
// tokens, is the largest.
func sink(heap []candidate, i int) {
	root := len(heap) - 1
	for 2*i+1 <= root {
		child := 2*i + 1
		if child < root && heap[root-child-1].logit > heap[root-child].logit {
			child++
		}
		if heap[root-i].logit >= heap[root-child].logit {
			return
		}
		heap[root-i], heap[root-child] = heap[root-child], heap[root-i]
		i = child
	}
}
