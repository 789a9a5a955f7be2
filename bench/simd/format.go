package simd

import "math"

// Logit is a number format of logits. Logits of 16 bits are converted to float32, which
// is exact, and have the results of these float32 logits, bit for bit.
type Logit interface {
	float32 | BFloat16 | Float16
}

// BFloat16 is the upper half of a float32: 8 bits of exponent, 7 of fraction.
type BFloat16 uint16

// Float16 is binary16 of IEEE 754: 5 bits of exponent, 10 of fraction.
type Float16 uint16

// Float32 returns the same number.
func (x BFloat16) Float32() float32 { return math.Float32frombits(uint32(x) << 16) }

// Float32 returns the same number.
func (x Float16) Float32() float32 {
	const exponent, infinite = 0x1F << 10, 0xFF << 23
	sign, magnitude := uint32(x)>>15<<31, uint32(x)<<17>>4
	if x&exponent == exponent {
		return math.Float32frombits(sign | magnitude | infinite)
	}
	// The exponent of a float16 is biased by 15, that of a float32 by 127, so that the
	// bits read as a float32 are 2^112 too small. The product is exact for subnormal
	// numbers too.
	return math.Float32frombits(sign | math.Float32bits(math.Float32frombits(magnitude)*0x1p112))
}

// float32Of returns the same number.
func float32Of[E Logit](x E) float32 {
	switch x := any(x).(type) {
	case float32:
		return x
	case BFloat16:
		return x.Float32()
	default:
		return x.(Float16).Float32()
	}
}

// wide returns x in float32: x itself, or a copy in room, which is at least as long.
func wide[E Logit](room []float32, x []E) []float32 {
	switch x := any(x).(type) {
	case []float32:
		return x
	case []BFloat16:
		for i, v := range x {
			room[i] = v.Float32()
		}
	case []Float16:
		for i, v := range x {
			room[i] = v.Float32()
		}
	}
	return room[:len(x)]
}

// widened is wide with memory of its own.
func widened[E Logit](x []E) []float32 {
	if x, ok := any(x).([]float32); ok {
		return x
	}
	return wide(make([]float32, len(x)), x)
}
