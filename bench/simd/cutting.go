package simd

import (
	"math"

	"temper/bench/elementary"
)

// cutting holds the functions with which a variant cuts rows of float32.
type cutting struct {
	// peaks writes the largest of every group of x, which has whole blocks: group g of the
	// sixteen of a block has its logits g, g+16, g+32 and so on. Where x holds NaN or +Inf,
	// finite is false, and what is written has no meaning. It may be false elsewhere.
	peaks func(dst, x []float32) (finite bool)
	// sumPeaks is sum and peaks. Where x holds NaN, or does not fit, the sum shows it.
	sumPeaks func(dst, x []float32, c, k float64) (total float64, fits bool)
	// sumAbove is sum of the logits above low.
	sumAbove func(x []float32, low float32, c, k float64) (total float64)
	// collect appends the logits above low, and their places from first on, to what is
	// empty at first. It passes over blocks whose peaks are all up to low, and stops before
	// a block that the room may not hold. It returns the number collected, and of the
	// logits that it has gone through. x has whole blocks, and the room 16 places more than
	// a block.
	collect func(values []float32, places []int32, x, peaks []float32, low float32) (n, through int)
	// over copies the logits above a pivot, and upTo all others, in their order. Dst has room
	// for 16 more than x has, and may be x itself.
	over, upTo func(dst, x []float32, pivot float32) (n int)
	// count returns how many logits are above low.
	count func(x []float32, low float32) int
	// mask writes x where it is above low, and −Inf elsewhere.
	mask func(dst, x []float32, low float32)

	// The rest is nil where a search by powers would not be faster. w has the powers of x, and
	// behind them room for 32 numbers.
	//
	// massAbove returns the sum of the powers of logits above low, and how many they are.
	massAbove func(x, w []float32, low float32) (total float64, above int)
	// dropUpTo makes the powers of all other logits 0, and what is behind them up to a multiple
	// of eight.
	dropUpTo func(w, x []float32, low float32)
	// lastOpen returns the smallest logit, of up to 64, with less than limit above it: the sum of
	// the powers of larger logits. It leaves out powers below least, which together have to be
	// lighter than what is not above limit.
	lastOpen func(x, w []float32, least, limit float32) last
	// sumLeast is sum, and returns numbers that are not above the smallest logit and not below
	// the largest exponent x·c − k. Where x holds NaN, the sum shows it.
	sumLeast func(x []float32, c, k float64) (total float64, smallest float32, top float64)
}

// A block has sixteen groups of sixteen logits.
const (
	groupsOfBlock = 16
	blockOfGroups = 256
)

// room is how much longer than a row the memory is that is written by whole registers.
const room = blockOfGroups + groupsOfBlock

var portableCutting = cutting{
	peaks: peaks, sumPeaks: sumPeaks, sumAbove: sumAbove, collect: collect, over: over, upTo: upTo, count: countAbove, mask: mask,
}

// peaks has four maxima in registers. A maximum with NaN is NaN.
func peaks(dst, x []float32) (finite bool) {
	finite = true
	for len(x) > 0 {
		block := (*[blockOfGroups]float32)(x)
		for g := 0; g < groupsOfBlock; g += 4 {
			a, b, c, d := block[g], block[g+1], block[g+2], block[g+3]
			for i := g + groupsOfBlock; i+3 < blockOfGroups; i += groupsOfBlock {
				a, b, c, d = max(a, block[i]), max(b, block[i+1]), max(c, block[i+2]), max(d, block[i+3])
			}
			dst[g], dst[g+1], dst[g+2], dst[g+3] = a, b, c, d
			finite = finite && max(a, b, c, d) <= math.MaxFloat32
		}
		dst, x = dst[groupsOfBlock:], x[blockOfGroups:]
	}
	return finite
}

func sumPeaks(dst, x []float32, c, k float64) (total float64, fits bool) {
	peaks(dst, x)
	return sum(x, c, k)
}

func sumAbove(x []float32, low float32, c, k float64) (total float64) {
	for _, v := range x {
		if !(v > low) {
			v = float32(math.Inf(-1))
		}
		total += elementary.Exp2(exponent(v, c, k))
	}
	return total
}

func collect(values []float32, places []int32, x, peaks []float32, low float32) (n, through int) {
	for ; through < len(x); through += blockOfGroups {
		if n+room > len(values) {
			break
		}
		if countAbove(peaks[through/groupsOfBlock:][:groupsOfBlock], low) == 0 {
			continue
		}
		for i, v := range x[through : through+blockOfGroups] {
			values[n], places[n] = v, int32(through+i)
			if v > low {
				n++
			}
		}
	}
	return n, through
}

func over(dst, x []float32, pivot float32) (n int) {
	for _, v := range x {
		dst[n] = v
		if v > pivot {
			n++
		}
	}
	return n
}

func upTo(dst, x []float32, pivot float32) (n int) {
	for _, v := range x {
		dst[n] = v
		if !(v > pivot) {
			n++
		}
	}
	return n
}

func countAbove(x []float32, low float32) (n int) {
	for _, v := range x {
		if v > low {
			n++
		}
	}
	return n
}

func mask(dst, x []float32, low float32) {
	for i, v := range x {
		if !(v > low) {
			v = float32(math.Inf(-1))
		}
		dst[i] = v
	}
}

// cutting is that of an instruction set, with its sum.
func (s *instructionSet) cutting(sum func(x []float32, c, k float64) (total float64, fits bool)) cutting {
	of := cutting{
		peaks: func(dst, x []float32) (finite bool) { return s.peaks(dst, x) <= math.MaxFloat32 },
		sumAbove: func(x []float32, low float32, c, k float64) (total float64) {
			a := affineOf(c, k)
			total, _ = s.sumAbove(x, low, a.high, a.low, a.shift, a.least)
			return total
		},
		collect: s.collect,
		over: func(dst, x []float32, pivot float32) (n int) {
			whole := len(x) &^ (groupsOfBlock - 1)
			n = s.over(dst, x[:whole], pivot)
			return n + over(dst[n:], x[whole:], pivot)
		},
		upTo: func(dst, x []float32, pivot float32) (n int) {
			whole := len(x) &^ (groupsOfBlock - 1)
			n = s.upTo(dst, x[:whole], pivot)
			return n + upTo(dst[n:], x[whole:], pivot)
		},
		count: func(x []float32, low float32) int { return int(s.countAbove(x, low)) },
		mask:  s.mask,
		sumPeaks: func(dst, x []float32, c, k float64) (total float64, fits bool) {
			s.peaks(dst, x)
			return sum(x, c, k)
		},
	}
	if s.lastOpen != nil {
		of.massAbove = func(x, w []float32, low float32) (total float64, above int) {
			total, n := s.massAbove(x, w, low)
			return total, int(n)
		}
		of.dropUpTo = s.dropUpTo
		of.lastOpen = func(x, w []float32, least, limit float32) last {
			logit, before, after, equal := s.lastOpen(x, w, least, limit)
			return last{logit, before, after, int(equal)}
		}
		of.sumLeast = func(x []float32, c, k float64) (total float64, smallest float32, top float64) {
			const group = 32 // of a part of one the smallest would be -Inf
			a, rest := affineOf(c, k), x[len(x)&^(group-1):]
			total, rounded, smallest := s.sumLeast(x[:len(x)-len(rest)], a.high, a.low, a.shift, a.least)
			top = float64(rounded) - bias + 1./8
			if len(rest) > 0 {
				more, _ := sum(rest, c, k)
				total += more
			}
			for _, v := range rest {
				smallest, top = min(smallest, v), max(top, exponent(v, c, k))
			}
			return total, smallest, top
		}
	}
	if s.sumPeaks != nil {
		of.sumPeaks = func(dst, x []float32, c, k float64) (total float64, fits bool) {
			a := affineOf(c, k)
			total, top := s.sumPeaks(dst, x, a.high, a.low, a.shift, a.least)
			return total, top <= bias+headroom
		}
	}
	return of
}
