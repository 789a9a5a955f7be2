package simd

import "math"

// fewest is how many logits are searched one by one.
const fewest = 48

// descend returns the smallest of x whose quota is open, and how much is before it; before
// is what is above all of x. It needs memory as long as x, which may be x itself, and writes to
// spare.
func (s *survivors) descend(memory, x []float32, q quota, before float64, by measure) found {
	upper, lower := s.spare, memory
	for turn := 0; len(x) > fewest; turn++ {
		pivot := pivotOf(x, turn)
		n := s.cutting.over(upper, x, pivot)
		above := before + by.of(upper[:n])
		if !q.open(above) {
			x, upper, lower = upper[:n], lower, upper
			continue
		}
		before = above
		rest := lower[:s.cutting.upTo(lower, x, pivot)]
		if isMasked(pivot) {
			return found{pivot, before, len(rest)}
		}
		if 4*len(rest) < 3*len(x) {
			x = rest
			continue
		}
		// Hardly anything was above the pivot: pass over what is equal to it.
		equal := s.cutting.over(upper, rest, below32(pivot))
		if above = before + by.of(upper[:equal]); equal == len(rest) || !q.open(above) {
			return found{pivot, before, equal}
		}
		x, before = rest[:s.cutting.upTo(rest, rest, below32(pivot))], above
	}
	x = lower[:copy(lower, x)]
	weights := s.of[:0]
	if by.temperature > 0 {
		for _, v := range x {
			weights = append(weights, s.weight(v, by.temperature))
		}
	}
	return few(x, weights, q, before)
}

// pivotOf looks at seven elements, and returns the median or, in every other turn, what
// is halfway between the largest and the smallest of them. After many turns, which rows in
// no special order do not need, it looks at all.
func pivotOf(x []float32, turn int) float32 {
	const many = 40
	if turn > many {
		low, high := ends(x)
		return between(low, high, turn%2 == 0)
	}
	var some [7]float32
	for i := range some {
		some[i] = x[(2*i+1)*len(x)/(2*len(some))]
	}
	for i := range some {
		for j := i; j > 0 && some[j] > some[j-1]; j-- {
			some[j], some[j-1] = some[j-1], some[j]
		}
	}
	if high, low := some[0], some[len(some)-1]; turn%2 == 0 && low < high && !isMasked(low) {
		return between(low, high, false)
	}
	return some[len(some)/2]
}

// few is descend with known weights, or 1 each where there are none. It moves both.
func few(x []float32, weights []float64, q quota, before float64) found {
	const sorted = 8
	for among := false; len(x) > sorted; {
		low, high := ends(x)
		if low == high {
			return found{low, before, len(x)}
		}
		n := partition(x, weights, between(low, high, among))
		above := before + weightOf(x[:n], weights)
		from, to := 0, n
		if q.open(above) {
			before, from, to = above, n, len(x)
		}
		among = !among && 8*(to-from) > 7*len(x) // hardly any were on the other side
		x = x[from:to]
		if len(weights) > 0 {
			weights = weights[from:to]
		}
	}
	sortDown(x, weights)
	for {
		n := 1
		for n < len(x) && x[n] == x[0] {
			n++
		}
		above := before + weightOf(x[:n], weights)
		if n == len(x) || !q.open(above) {
			return found{x[0], before, n}
		}
		x, before = x[n:], above
		if len(weights) > 0 {
			weights = weights[n:]
		}
	}
}

// ends returns the smallest and the largest element.
func ends(x []float32) (low, high float32) {
	low, high = x[0], x[0]
	for _, v := range x[1:] {
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	return low, high
}

// weightOf returns the sum of the weights of the elements of x.
func weightOf(x []float32, weights []float64) (sum float64) {
	if len(weights) == 0 {
		return float64(len(x))
	}
	for _, w := range weights[:len(x)] {
		sum += w
	}
	return sum
}

// partition moves the elements above a pivot to the front. Its only branch is the loop's.
func partition(x []float32, weights []float64, pivot float32) (n int) {
	if len(weights) == 0 {
		for i, v := range x {
			x[i], x[n] = x[n], v
			if v > pivot {
				n++
			}
		}
		return n
	}
	for i, v := range x {
		w := weights[i]
		x[i], x[n], weights[i], weights[n] = x[n], v, weights[n], w
		if v > pivot {
			n++
		}
	}
	return n
}

// sortDown sorts a few elements, the largest first.
func sortDown(x []float32, weights []float64) {
	for i := range x {
		for j := i; j > 0 && x[j] > x[j-1]; j-- {
			x[j], x[j-1] = x[j-1], x[j]
			if len(weights) > 0 {
				weights[j], weights[j-1] = weights[j-1], weights[j]
			}
		}
	}
}

// between returns a number from low to below high: halfway, or halfway among all float32.
func between(low, high float32, among bool) float32 {
	middle := float32(low/2) + float32(high/2)
	if among {
		middle = unordered((ordered(low) + ordered(high)) >> 1)
	}
	if !(low <= middle && middle < high) {
		return low
	}
	return middle
}

// ordered numbers the float32 in their order, and unordered is its inverse.
func ordered(x float32) int64 {
	bits := int32(math.Float32bits(x))
	return int64(bits ^ bits>>31&math.MaxInt32)
}

func unordered(n int64) float32 {
	bits := int32(n)
	return math.Float32frombits(uint32(bits ^ bits>>31&math.MaxInt32))
}
