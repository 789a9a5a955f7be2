package main

import (
	"math"

	"temper/bench/simd/_asm/powers"
)

// power holds what turns logits x into 2^t: see ../power.go, whose steps these are. The
// registers of a half go through them together, so that none waits for its own result.
type power struct {
	*function
	factors      vec // high, low and the highest coefficient in lanes 0, 1 and 2
	shift, least vec
	second       vec // coefficients
	first        vec
	top          vec    // the largest of all x·high + shift so far, as integers
	roots        [2]vec // byte b of root j is byte 8·b + j
	spread       vec    // chooses byte 2 of every word, four times
	index        vec    // of the bytes of a root: what its byte number is, is never overwritten
	x            []vec
	rounded, r   []vec
	spare        vec
}

func (f *function) power() power {
	p := f.powerOf()
	p.shift, p.least = f.broadcast("shift"), f.broadcast("least")
	return p
}

// powerOf is power without shift and least, for rows that have their own.
func (f *function) powerOf() power {
	a := powers.Coefficients()
	bits := math.Float32bits
	var root [16]uint32
	for j := range powers.Steps {
		for b := range 4 {
			at := 8*b + j
			root[at/4] |= powers.Root(j) >> (8 * b) & 0xFF << (at % 4 * 8)
		}
	}
	p := power{
		function: f,
		factors:  f.constant("thirdCoefficient", bits(a[3])),
		second:   f.constant("secondCoefficient", bits(a[2])),
		first:    f.constant("firstCoefficient", bits(a[1])),
		spread:   f.constant("spread", 0x02020202, 0x06060606, 0x0A0A0A0A, 0x0E0E0E0E),
		index:    f.constant("bytes", 3<<27|2<<19|1<<11),
	}
	// A table in two registers wants them side by side.
	p.roots = [2]vec{f.constant("roots0", root[0:4]...), f.constant("roots1", root[4:8]...)}
	if p.roots[1] != p.roots[0]+1 {
		panic("the registers of the roots are apart")
	}
	for lane, name := range []string{"high", "low"} {
		v := f.scalar(name)
		f.do([]string{"mov V.s[0], V.s[0]", "mov V.s[1], V.s[0]"}[lane], p.factors, v)
		f.free(v)
	}
	p.top = f.vec()
	f.zero(p.top)
	p.x, p.rounded, p.r, p.spare = f.vecs(half/4), f.vecs(half/4), f.vecs(half/4), f.vec()
	return p
}

// of gives 2^t of the logits in p.x as two factors, the second 2^n. NaN comes through.
func (p *power) of() (polynomial, scale []vec) {
	each := func(do func(i int)) {
		for i := range p.x {
			do(i)
		}
	}
	p.comment("x = max(x, least); rounded = x·high + shift, a multiple of 1/8.")
	each(func(i int) { p.do("fmax V.4s, V.4s, V.4s", p.x[i], p.x[i], p.least) })
	each(func(i int) { p.move(p.rounded[i], p.shift) })
	each(func(i int) { p.do("fmla V.4s, V.4s, V.s[0]", p.rounded[i], p.x[i], p.factors) })
	each(func(i int) { p.do("smax V.4s, V.4s, V.4s", p.top, p.top, p.rounded[i]) })
	p.comment("r = x·high − (n + k) + x·low, where n + k = rounded − shift.")
	each(func(i int) { p.do("fsub V.4s, V.4s, V.4s", p.r[i], p.shift, p.rounded[i]) })
	each(func(i int) { p.do("fmla V.4s, V.4s, V.s[0]", p.r[i], p.x[i], p.factors) })
	each(func(i int) { p.do("fmla V.4s, V.4s, V.s[1]", p.r[i], p.x[i], p.factors) })
	p.comment("Horner's rule.")
	each(func(i int) { p.move(p.x[i], p.second) })
	each(func(i int) { p.do("fmla V.4s, V.4s, V.s[2]", p.x[i], p.r[i], p.factors) })
	for _, first := range []func(){func() { p.move(p.spare, p.first) }, func() { p.do("fmov V.4s, #1.0", p.spare) }} {
		each(func(i int) {
			first()
			p.do("fmla V.4s, V.4s, V.4s", p.spare, p.x[i], p.r[i])
			p.x[i], p.spare = p.spare, p.x[i]
		})
	}
	p.comment("The last bits of rounded are 8·(n + 127). Their last three are the root's index, here the first of a byte.")
	each(func(i int) { p.do("shl V.4s, V.4s, #21", p.rounded[i], p.rounded[i]) })
	each(func(i int) { p.do("tbl V.16b, {V.16b}, V.16b", p.r[i], p.rounded[i], p.spread) })
	each(func(i int) {
		p.do("sri V.16b, V.16b, #5", p.index, p.r[i])
		p.do("tbl V.16b, {V.16b, V.16b}, V.16b", p.r[i], p.roots[0], p.roots[1], p.index)
	})
	p.comment("The others are added to its exponent.")
	each(func(i int) { p.do("usra V.4s, V.4s, #1", p.r[i], p.rounded[i]) })
	return p.x, p.r
}
