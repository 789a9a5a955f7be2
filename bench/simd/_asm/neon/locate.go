package main

import (
	"fmt"
	"math"

	"temper/bench/simd/_asm/powers"
)

// locate writes the running sums to memory, and then counts those that are not above u
// times the last one. The additions are those of ../locate.go: of eight lanes in four
// registers, lane 0 is added to lane 1, 2 to 3 and so on; then lane 1 to lanes 2 and 3, and
// 5 to 6 and 7; then lane 3 to lanes 4 to 7.
func (f *file) locate() {
	const most = 64
	fn := f.function("locate", "(w []float32, u float64) (index int, total float64)",
		"works like locate. The length of w is a multiple of eight, from 8 to 64.")
	w, length, memory := fn.load("w_base"), fn.load("w_len"), fn.local("sums", 8*most)
	sums, left, index := fn.gp(), fn.gp(), fn.gp()
	v, t, zero, before := fn.vecs(4), fn.vec(), fn.vec(), fn.vec()
	add := func(to, x vec) { fn.do("fadd V.2d, V.2d, V.2d", to, to, x) }
	fn.zero(zero, before)
	fn.line("MOVD %s, %s", memory, sums)
	fn.line("MOVD %s, %s", length, left)
	fn.label("sum")
	fn.line("FLDPQ.P 32(%s), (%s, %s)", w, v[0].F(), v[2].F())
	for i := 0; i < 4; i += 2 {
		fn.do("fcvtl2 V.2d, V.4s", v[i+1], v[i])
		fn.do("fcvtl V.2d, V.2s", v[i], v[i])
	}
	for _, lanes := range v {
		fn.do("ext V.16b, V.16b, V.16b, #8", t, zero, lanes)
		add(lanes, t)
	}
	last := func(lanes vec) { fn.do("dup V.2d, V.d[1]", t, lanes) }
	for i := 0; i < 4; i += 2 {
		last(v[i])
		add(v[i+1], t)
	}
	last(v[1])
	add(v[2], t)
	add(v[3], t)
	last(v[3])
	for _, lanes := range v {
		add(lanes, before)
	}
	fn.comment("The next eight lanes wait for this addition alone.")
	add(before, t)
	fn.write(v, place{sums, 0})
	fn.line("ADD $%d, %s", 8*octet, sums)
	fn.line("SUBS $%d, %s", octet, left)
	fn.line("BNE sum")

	fn.comment("The product may be rounded up to the last sum: it is at most the number below.")
	target, below := fn.vec(), fn.vec()
	fn.line("FMOVD %s, %s", before.F(), fn.argument("total"))
	fn.line("FMOVD %s, %s", fn.argument("u"), target.F())
	fn.line("FMULD %s, %s, %s", before.F(), target.F(), target.F())
	fn.line("FMOVD %s, R15", before.F())
	fn.line("SUB $1, R15")
	fn.line("FMOVD R15, %s", below.F())
	fn.line("FMIND %s, %s, %s", below.F(), target.F(), target.F())
	fn.do("dup V.2d, V.d[0]", target, target)
	count := before
	fn.zero(count)
	fn.label("count")
	fn.read(place{memory, 0}, v)
	for _, lanes := range v {
		fn.do("fcmge V.2d, V.2d, V.2d", lanes, target, lanes)
		fn.do("sub V.2d, V.2d, V.2d", count, count, lanes)
	}
	fn.line("ADD $%d, %s", 8*octet, memory)
	fn.line("SUBS $%d, %s", octet, length)
	fn.line("BNE count")
	fn.do("addp D, V.2d", count, count)
	fn.line("FMOVD %s, %s", count.F(), index)
	fn.line("MOVD %s, %s", index, fn.argument("index"))
	fn.finish()
}

// log2Rows is log2, step by step.
func (f *file) log2Rows() {
	fn := f.function("log2Rows", "(dst, x []float64)", "works like log2 on each of them, a multiple of eight.")
	dst, x, left := fn.load("dst_base"), fn.load("x_base"), fn.load("x_len")
	one, bias := fn.double("one", 1), fn.constant("exponentBias", 1023, 0, 1023, 0)
	toRoot := fn.double("toRoot", math.Float64frombits(powers.ToRoot))
	var series [len(powers.Log2Series)]vec
	for i, a := range powers.Log2Series {
		series[i] = fn.double(fmt.Sprintf("log2Series%d", i), a)
	}
	v, biased, s, z, z2, sum, pair := fn.vec(), fn.vec(), fn.vec(), fn.vec(), fn.vec(), fn.vec(), fn.vec()
	add := func(to, a, b vec) { fn.do("fadd V.2d, V.2d, V.2d", to, a, b) }
	multiply := func(to, a, b vec) { fn.do("fmul V.2d, V.2d, V.2d", to, a, b) }
	fn.label("two")
	fn.line("FMOVQ.P 16(%s), %s", x, v.F())
	fn.do("add V.2d, V.2d, V.2d", biased, v, toRoot)
	fn.do("ushr V.2d, V.2d, #52", biased, biased)
	fn.comment("v becomes m, and biased n.")
	fn.do("shl V.2d, V.2d, #52", s, biased)
	fn.do("sub V.2d, V.2d, V.2d", v, v, s)
	fn.do("add V.2d, V.2d, V.2d", v, v, one)
	fn.do("sub V.2d, V.2d, V.2d", biased, biased, bias)
	fn.do("scvtf V.2d, V.2d", biased, biased)
	fn.do("fsub V.2d, V.2d, V.2d", s, v, one)
	add(v, v, one)
	fn.do("fdiv V.2d, V.2d, V.2d", s, s, v)
	multiply(z, s, s)
	multiply(z2, z, z)
	multiply(sum, series[7], z)
	add(sum, sum, series[6])
	for lower := 4; lower >= 0; lower -= 2 {
		multiply(pair, series[lower+1], z)
		add(pair, pair, series[lower])
		multiply(sum, sum, z2)
		add(sum, pair, sum)
	}
	multiply(sum, sum, s)
	add(biased, biased, sum)
	fn.line("FMOVQ.P %s, 16(%s)", biased.F(), dst)
	fn.line("SUBS $2, %s", left)
	fn.line("BNE two")
	fn.finish()
}
