package sorting

import (
	"temper/reference"
)

// PartialSort is the algorithm of llama.cpp, whose default order is top-k, top-p, min-p,
// temperature. Up to 128 tokens are chosen by a heap of the largest so far. For more, the
// tokens are spread over 128 buckets by their logit, and only the uppermost buckets are
// sorted. Top-p sorts 256 tokens, then 2048, then all, until their mass is enough.
func PartialSort(c reference.Convention) reference.Sampler {
	return sampler("partialsort", c, style{sortPart, nextPortion})
}

func nextPortion(r *row) int {
	for _, n := range []int{256, 2048} {
		if n > r.sorted {
			return n
		}
	}
	return len(r.tokens)
}

func sortPart(r *row, n int) {
	const mostByHeap = 128
	rest, more := r.tokens[r.sorted:], n-r.sorted
	if more > mostByHeap {
		r.room = intoBuckets(rest, r.room, more)
	} else {
		choose(rest, more)
	}
	r.sorted = n
}

// choose puts the n largest tokens first, sorted. They are a heap while the others are
// looked at, whose root is the smallest.
func choose(tokens []candidate, n int) {
	heap := tokens[:n]
	for i := n/2 - 1; i >= 0; i-- {
		rise(heap, i)
	}
	for i := n; i < len(tokens); i++ {
		if tokens[i].logit > heap[0].logit {
			tokens[i], heap[0] = heap[0], tokens[i]
			rise(heap, 0)
		}
	}
	sortDown(heap)
}

// rise lets larger tokens below the i-th of a heap change places with it. The root, which
// is the first of the tokens, is the smallest.
func rise(heap []candidate, i int) {
	for 2*i+1 < len(heap) {
		child := 2*i + 1
		if child+1 < len(heap) && heap[child+1].logit < heap[child].logit {
			child++
		}
		if heap[i].logit <= heap[child].logit {
			return
		}
		heap[i], heap[child] = heap[child], heap[i]
		i = child
	}
}

// intoBuckets puts the n largest tokens first, sorted. It returns the memory that it
// needs, for the next time.
func intoBuckets(tokens, room []candidate, n int) []candidate {
	var begin [buckets + 1]int // of each bucket, and the end of the last
	for _, c := range tokens {
		begin[bucketOf(c)+1]++
	}
	for b := range buckets {
		begin[b+1] += begin[b]
	}
	room = append(room[:0], tokens...)
	next := begin
	for _, c := range room {
		b := bucketOf(c)
		tokens[next[b]] = c
		next[b]++
	}
	for b := range buckets {
		bucket := tokens[begin[b]:begin[b+1]]
		if first := begin[b]; first+len(bucket) >= n {
			choose(bucket, n-first)
			break
		}
		sortDown(bucket)
	}
	return room
}

const buckets = 128

// bucketOf is the bucket of a logit, the uppermost first. All have the same width between
// −10 and 10, and the outer ones hold what is beyond.
func bucketOf(c candidate) int {
	const highest, width = 10, 20. / buckets
	return int(min(max((highest-c.logit)/width, 0), buckets-1))
}
