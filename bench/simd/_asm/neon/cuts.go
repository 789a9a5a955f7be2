package main

import "temper/bench/simd/_asm/powers"

// What cuts need: see ../cuts.go.

// peaks keeps NaN, which the total shows too.
func (f *file) peaks() {
	fn := f.function("peaks", "(dst, x []float32) (total float32)",
		"works like peaks, and returns the sum in float32. The length of x is a multiple of 256.")
	dst, x := fn.load("dst_base"), fn.slice("x", float32s)
	v, largest, total := fn.vecs(4), fn.vecs(4), fn.vecs(4)
	fn.zero(total...)
	fn.blocks(x, func() {
		for i := range powers.BlockOfGroups / powers.GroupsOfBlock {
			from := place{x.pointer, 4 * powers.GroupsOfBlock * i}
			if i == 0 {
				fn.read(from, largest)
				fn.addTo(total, largest)
				continue
			}
			fn.read(from, v)
			fn.addTo(total, v)
			for j := range v {
				fn.do("fmax V.4s, V.4s, V.4s", largest[j], largest[j], v[j])
			}
		}
		fn.write(largest, place{dst, 0})
		fn.line("ADD $%d, %s", 4*powers.GroupsOfBlock, dst)
	})
	fn.returnTotal(total)
	fn.finish()
}

// blocks calls body with the blocks of x.
func (f *function) blocks(x slice, body func()) {
	f.label("block")
	f.line("CBZ %s, block_done", x.left)
	body()
	f.label("next")
	f.line("ADD $%d, %s", 4*powers.BlockOfGroups, x.pointer)
	f.line("SUB $%d, %s", powers.BlockOfGroups, x.left)
	f.line("B block")
	f.label("block_done")
}

// compressor moves the lanes of a mask to the front of a register, by a table of what tbl
// takes for each of sixteen masks.
type compressor struct {
	*function
	table, bits  gp
	tag          vec // what each lane adds to a mask: a bit of its own, and 256 for the count
	order, moved vec
}

func (f *function) compressor() compressor {
	var lanes [64]uint32
	for mask := range 16 {
		at := 4 * mask
		for lane := range uint32(4) {
			if mask>>lane&1 == 1 {
				lanes[at] = 0x03020100 + 0x04040404*lane // its bytes
				at++
			}
		}
	}
	k := compressor{
		function: f, table: f.gp(), bits: f.gp(),
		tag: f.constant("tagOfLane", 0x101, 0x102, 0x104, 0x108), order: f.vec(), moved: f.vec(),
	}
	f.constants["lanesOfMask"] = lanes[:]
	f.line("MOVD $lanesOfMaskNEON<>(SB), %s", k.table)
	return k
}

// compress writes the lanes of each x that mask has tagged, followed by anything up to the
// width of x, and moves the pointers on. It leaves the number of lanes in k.bits.
func (k compressor) compress(mask vec, x []vec, to []gp) {
	k.do("addv S, V.4s", mask, mask)
	k.line("FMOVS %s, %s", mask.F(), k.bits)
	k.line("AND $15, %s, R15", k.bits)
	k.line("ADD R15<<4, %s, R15", k.table)
	k.line("FMOVQ (R15), %s", k.order.F())
	k.line("LSR $8, %s", k.bits)
	for i, v := range x {
		k.do("tbl V.16b, {V.16b}, V.16b", k.moved, v, k.order)
		k.line("FMOVQ %s, (%s)", k.moved.F(), to[i])
		k.line("ADD %s<<2, %s", k.bits, to[i])
	}
}

// collect looks at sixteen peaks of a block, and at its logits if one of them is above.
func (f *file) collect() {
	fn := f.function("collect", "(values []float32, places []int32, x, peaks []float32, low float32) (n, through int)",
		"works like collect.")
	values, most, places := fn.load("values_base"), fn.load("values_len"), fn.load("places_base")
	peaks, x, n, through, left := fn.load("peaks_base"), fn.slice("x", float32s), fn.gp(), fn.gp(), fn.gp()
	low, k := fn.broadcast("low"), fn.compressor()
	v, masks, some, numbers, four := fn.vecs(4), fn.vecs(4), fn.vec(), fn.vec(), fn.constant("four", 4)
	indices := fn.constant("indices", 0, 1, 2, 3)
	// above leaves by a jump where none of four registers has a lane above low.
	above := func(from place, none string) {
		fn.read(from, v)
		for i := range v {
			fn.do("fcmgt V.4s, V.4s, V.4s", masks[i], v[i], low)
		}
		fn.do("orr V.16b, V.16b, V.16b", some, masks[0], masks[1])
		for _, mask := range masks[2:] {
			fn.do("orr V.16b, V.16b, V.16b", some, some, mask)
		}
		fn.do("addv S, V.4s", some, some) // −1 for each lane
		fn.line("FMOVS %s, R15", some.F())
		fn.line("CBZW R15, %s", none)
	}
	fn.line("MOVD $0, %s", n)
	fn.line("MOVD $0, %s", through)
	fn.line("SUB $%d, %s", powers.BlockOfGroups+powers.GroupsOfBlock, most)
	fn.blocks(x, func() {
		fn.line("CMP %s, %s", most, n)
		fn.line("BGT block_done")
		fn.line("ADD $%d, %s", 4*powers.GroupsOfBlock, peaks)
		fn.line("ADD $%d, %s", powers.BlockOfGroups, through)
		above(place{peaks, -4 * powers.GroupsOfBlock}, "next")
		fn.comment("left counts the logits of the block that are left, in their place.")
		fn.line("MOVD $%d, %s", powers.BlockOfGroups, left)
		fn.label("sixteen")
		fn.line("ADD $%d, %s, R15", 4*powers.BlockOfGroups, x.pointer)
		fn.line("SUB %s<<2, R15, R15", left)
		above(place{15, 0}, "none")
		fn.line("SUB %s, %s, R15", left, through)
		fn.line("VDUP R15, V%d.S4", numbers)
		fn.do("add V.4s, V.4s, V.4s", numbers, numbers, indices)
		for i := range v {
			fn.do("and V.16b, V.16b, V.16b", masks[i], masks[i], k.tag)
			k.compress(masks[i], []vec{v[i], numbers}, []gp{values, places})
			fn.line("ADD %s, %s", k.bits, n)
			fn.do("add V.4s, V.4s, V.4s", numbers, numbers, four)
		}
		fn.label("none")
		fn.line("SUBS $%d, %s", powers.GroupsOfBlock, left)
		fn.line("BNE sixteen")
	})
	fn.line("MOVD %s, %s", n, fn.argument("n"))
	fn.line("MOVD %s, %s", through, fn.argument("through"))
	fn.finish()
}

// side writes to dst no further than it has read of x, which may be the same.
func (f *file) side(name, tagging string) {
	fn := f.function(name, "(dst, x []float32, pivot float32) (n int)", "works like "+name+". The length of x is a multiple of 16.")
	dst, from, x := fn.load("dst_base"), fn.gp(), fn.slice("x", float32s)
	pivot, k := fn.broadcast("pivot"), fn.compressor()
	v, mask := fn.vecs(4), fn.vec()
	fn.line("MOVD %s, %s", dst, from)
	fn.label("sixteen")
	fn.line("CBZ %s, done", x.left)
	fn.read(place{x.pointer, 0}, v)
	for _, some := range v {
		fn.do("fcmgt V.4s, V.4s, V.4s", mask, some, pivot)
		fn.do(tagging, mask, k.tag, mask)
		k.compress(mask, []vec{some}, []gp{dst})
	}
	fn.line("ADD $64, %s", x.pointer)
	fn.line("SUB $16, %s", x.left)
	fn.line("B sixteen")
	fn.label("done")
	fn.line("SUB %s, %s", from, dst)
	fn.line("LSR $2, %s", dst)
	fn.line("MOVD %s, %s", dst, fn.argument("n"))
	fn.finish()
}

// over tags the lanes of a mask, and upTo the others.
func (f *file) over() { f.side("over", "and V.16b, V.16b, V.16b") }
func (f *file) upTo() { f.side("upTo", "bic V.16b, V.16b, V.16b") }

// countAbove counts lane by lane.
func (f *file) countAbove() {
	fn := f.function("countAbove", "(x []float32, low float32) (above uint32)", "works like countAbove.")
	w := walk{slice: fn.slice("x", float32s), filler: float32s.masked}
	low, mask, count := fn.broadcast("low"), fn.vec(), fn.vecs(half/4)
	fn.zero(count...)
	fn.scan(w, func(_ int, x []vec, _ place) {
		for i := range x {
			fn.do("fcmgt V.4s, V.4s, V.4s", mask, x[i], low)
			fn.do("sub V.4s, V.4s, V.4s", count[i], count[i], mask)
		}
	})
	fn.returnCount(count, "above")
	fn.finish()
}

// mask compares each logit once.
func (f *file) mask() {
	fn := f.function("mask", "(dst, x []float32, low float32)", "works like mask.")
	w := walk{slice: fn.slice("x", float32s), dst: fn.load("dst_base"), writes: true, filler: float32s.masked}
	low, minusInf, mask := fn.broadcast("low"), fn.constant(float32s.masked.name, float32s.masked.word), fn.vec()
	fn.scan(w, func(_ int, x []vec, dst place) {
		for _, v := range x {
			fn.do("fcmgt V.4s, V.4s, V.4s", mask, v, low)
			fn.do("bif V.16b, V.16b, V.16b", v, minusInf, mask)
		}
		fn.write(x, dst)
	})
	fn.finish()
}

// sumAbove is sum with the logits up to bound raised or lowered to least, whose power is 0.
func (f *file) sumAbove() {
	fn := f.function("sumAbove", "(x []float32, bound, "+exponentArguments, "is sum of the logits above bound.")
	bound := fn.broadcast("bound")
	fn.powers(float32s, false, func(p *power, lanes []vec) []vec {
		for i, x := range p.x {
			fn.do("fcmgt V.4s, V.4s, V.4s", p.r[i], x, bound)
			fn.do("bif V.16b, V.16b, V.16b", x, p.least, p.r[i])
		}
		return addProducts(p, lanes)
	})
}
