package simd

import "math"

// Reader reads every logit once and computes next to nothing. No operation on the
// same logits can be faster than the fastest reader.
type Reader struct {
	Name string
	Read func(logits []float32) float32
}

// Readers returns the readers of the widest registers that this machine has.
func Readers() []Reader {
	if set := widest(); set != nil {
		return []Reader{{"maximum", set.float32.maximum}, {"or", set.or}, {"add", set.add}}
	}
	return []Reader{{"maximum", maximum}, {"or", or}, {"add", add}}
}

// or returns the bitwise or of all elements.
func or(x []float32) float32 {
	var bits uint32
	for _, v := range x {
		bits |= math.Float32bits(v)
	}
	return math.Float32frombits(bits)
}

// add returns the sum of all elements, in float32.
func add(x []float32) float32 {
	var total float32
	for _, v := range x {
		total += v
	}
	return total
}
