package main

// scan reads x once: it calls each with eight registers at a time, whose results are in
// as many lanes. The missing lanes of the tail are the filler's.
func (f *function) scan(w walk, each func(which int, x []vec, dst place)) {
	w.rest = f.rest()
	x := f.vecs(half / 4)
	f.halves(w, func(which int, from, dst place) {
		f.logits(w.format, from, x)
		each(which, x, dst)
	}, nil)
	f.free(x...)
}

// maximum is ../functions.go's.
func (f *file) maximum(t format) {
	fn := f.function("maximum"+t.name, "(x []"+t.element+") (largest float32)", "works like maximum, but passes over NaN.")
	w := walk{slice: fn.slice("x", t), filler: t.masked}
	largest, above := fn.largest(), fn.vec()
	fn.scan(w, func(which int, x []vec, _ place) { fn.include(x, largest[4*which:], above) })
	fn.returnLargest(largest, above)
	fn.finish()
}

// largest is −Inf in all lanes of a group.
func (f *function) largest() []vec {
	all := f.vecs(group / 4)
	masked := f.constant(float32s.masked.name, float32s.masked.word)
	for _, v := range all {
		f.move(v, masked)
	}
	f.free(masked)
	return all
}

// include raises lanes to x where x is larger, which NaN is not. FMAX would become NaN, and
// FMAXNM where the NaN is a signalling one.
func (f *function) include(x, largest []vec, above vec) {
	for i := range x {
		f.do("fcmgt V.4s, V.4s, V.4s", above, x[i], largest[i])
		f.do("bit V.16b, V.16b, V.16b", largest[i], x[i], above)
	}
}

// returnLargest needs no care for NaN: there is none in the lanes.
func (f *function) returnLargest(largest []vec, other vec) {
	result := f.fold("fmax V.4s, V.4s, V.4s", largest)
	f.do("ext V.16b, V.16b, V.16b, #8", other, result, result)
	f.do("fmax V.4s, V.4s, V.4s", result, result, other)
	f.do("dup V.4s, V.s[1]", other, result)
	f.do("fmax V.4s, V.4s, V.4s", result, result, other)
	f.line("FMOVS %s, %s", result.F(), f.argument("largest"))
}

// fold combines registers in the first of them.
func (f *function) fold(combine string, v []vec) vec {
	for _, r := range v[1:] {
		f.do(combine, v[0], v[0], r)
	}
	return v[0]
}

func (f *function) returnTotal(total []vec) {
	sum := f.fold("fadd V.4s, V.4s, V.4s", total)
	f.do("faddp V.4s, V.4s, V.4s", sum, sum, sum)
	f.do("faddp V.4s, V.4s, V.4s", sum, sum, sum)
	f.line("FMOVS %s, %s", sum.F(), f.argument("total"))
}

// or and add are rooflines, which no variant needs.
func (f *file) or() {
	fn := f.function("or", "(x []float32) (bits float32)", "is the bitwise or of all elements.")
	all := fn.vecs(group / 4)
	fn.zero(all...)
	fn.scan(walk{slice: fn.slice("x", float32s), filler: zeros}, func(which int, x []vec, _ place) {
		for i := range x {
			fn.do("orr V.16b, V.16b, V.16b", all[4*which+i], all[4*which+i], x[i])
		}
	})
	bits, other := fn.fold("orr V.16b, V.16b, V.16b", all), fn.vec()
	fn.do("ext V.16b, V.16b, V.16b, #8", other, bits, bits)
	fn.do("orr V.16b, V.16b, V.16b", bits, bits, other)
	fn.do("dup V.4s, V.s[1]", other, bits)
	fn.do("orr V.16b, V.16b, V.16b", bits, bits, other)
	fn.line("FMOVS %s, %s", bits.F(), fn.argument("bits"))
	fn.finish()
}

func (f *file) add() {
	fn := f.function("add", "(x []float32) (total float32)", "adds the elements up in float32.")
	total := fn.vecs(group / 4)
	fn.zero(total...)
	fn.scan(walk{slice: fn.slice("x", float32s), filler: zeros}, func(which int, x []vec, _ place) { fn.addTo(total[4*which:], x) })
	fn.returnTotal(total)
	fn.finish()
}

func (f *function) addTo(total, x []vec) {
	for i := range x {
		f.do("fadd V.4s, V.4s, V.4s", total[i], total[i], x[i])
	}
}

// peak reads x once for both results.
func (f *file) peak(t format) {
	fn := f.function("peak"+t.name, "(x []"+t.element+") (largest float32, total float32)",
		"returns the maximum, which passes over NaN, and the sum in float32.")
	w := walk{slice: fn.slice("x", t), filler: t.masked}
	largest, above, total := fn.largest(), fn.vec(), fn.vecs(group/4)
	fn.zero(total...)
	fn.scan(w, func(which int, x []vec, _ place) {
		fn.include(x, largest[4*which:], above)
		fn.addTo(total[4*which:], x)
	})
	fn.returnLargest(largest, above)
	fn.returnTotal(total)
	fn.finish()
}

// count counts lane by lane.
func (f *file) count(t format) {
	fn := f.function("count"+t.name, "(x []"+t.element+") (masked uint32, total float32)",
		"returns how many elements are −Inf, and the sum in float32.")
	w := walk{slice: fn.slice("x", t), filler: zeros}
	minusInf, equal, count, total := fn.constant(float32s.masked.name, float32s.masked.word), fn.vec(), fn.vecs(half/4), fn.vecs(group/4)
	fn.zero(count...)
	fn.zero(total...)
	fn.scan(w, func(which int, x []vec, _ place) {
		for i := range x {
			fn.do("cmeq V.4s, V.4s, V.4s", equal, x[i], minusInf)
			fn.do("sub V.4s, V.4s, V.4s", count[i], count[i], equal)
		}
		fn.addTo(total[4*which:], x)
	})
	fn.returnCount(count, "masked")
	fn.returnTotal(total)
	fn.finish()
}

func (f *function) returnCount(count []vec, result string) {
	n := f.fold("add V.4s, V.4s, V.4s", count)
	f.do("addv S, V.4s", n, n)
	f.line("FMOVS %s, %s", n.F(), f.argument(result))
}

// mark looks at each logit once more.
func (f *file) mark(t format) {
	fn := f.function("mark"+t.name, "(dst []float32, x []"+t.element+", p float32)", "writes 0 where x is −Inf, and p elsewhere.")
	w := walk{slice: fn.slice("x", t), dst: fn.load("dst_base"), writes: true, filler: zeros}
	p, minusInf := fn.broadcast("p"), fn.constant(float32s.masked.name, float32s.masked.word)
	fn.scan(w, func(_ int, x []vec, dst place) {
		for _, v := range x {
			fn.do("cmeq V.4s, V.4s, V.4s", v, v, minusInf)
			fn.do("bic V.16b, V.16b, V.16b", v, p, v)
		}
		fn.write(x, dst)
	})
	fn.finish()
}

func (f *file) multiply() {
	fn := f.function("multiply", "(w []float32, factor float32)", "works like multiply.")
	s := fn.slice("w", float32s)
	w, factor := walk{slice: s, dst: fn.gp(), writes: true, filler: zeros}, fn.broadcast("factor")
	fn.line("MOVD %s, %s", w.pointer, w.dst)
	fn.scan(w, func(_ int, x []vec, dst place) {
		for _, v := range x {
			fn.do("fmul V.4s, V.4s, V.4s", v, v, factor)
		}
		fn.write(x, dst)
	})
	fn.finish()
}

// copies are rooflines, which no variant needs.
func (f *file) copies() {
	for _, c := range []struct {
		name, doc string
		write     func(fn *function, x []vec, dst place)
	}{
		{"copy", "is copy by the widest stores.", (*function).write},
		{"stream", "is copy by stores that need not go to the caches; dst begins on a boundary of 64 bytes.", (*function).stream},
	} {
		fn := f.function(c.name, "(dst, x []float32)", c.doc)
		w := walk{slice: fn.slice("x", float32s), dst: fn.load("dst_base"), writes: true, filler: zeros}
		fn.scan(w, func(_ int, x []vec, dst place) { c.write(fn, x, dst) })
		fn.finish()
	}
}

// stream is write with a hint.
func (f *function) stream(from []vec, to place) {
	for i := 0; i < len(from); i += 2 {
		name := map[int]string{0: "stnp Q, Q, [X, #0]", 32: "stnp Q, Q, [X, #32]", 64: "stnp Q, Q, [X, #64]", 96: "stnp Q, Q, [X, #96]"}[to.offset+16*i]
		f.do(name, from[i], from[i+1], to.base)
	}
}
