package main

const exponentArguments = "high, low, shift, least float32) (total float64, top float32)"

// adder adds the powers of a half to lanes, and returns what is stored.
type adder func(p *power, lanes []vec) []vec

// sum never stores a power.
func (f *file) sum(t format) {
	fn := f.function("sum"+t.name, "(x []"+t.element+", "+exponentArguments,
		"works like sum, but top is the largest exponent as power.go rounds and biases it.")
	fn.powers(t, false, addProducts)
}

// weigh stores the powers.
func (f *file) weigh(t format) {
	fn := f.function("weigh"+t.name, "(dst []float32, x []"+t.element+", "+exponentArguments, "works like weigh, with top like sum's.")
	fn.powers(t, true, addPowers)
}

func addProducts(p *power, lanes []vec) []vec {
	polynomial, scale := p.of()
	for i, lane := range lanes {
		p.do("fmla V.4s, V.4s, V.4s", lane, scale[i], polynomial[i])
	}
	return nil
}

func addPowers(p *power, lanes []vec) []vec {
	w := onlyPowers(p, nil)
	for i, lane := range lanes {
		p.do("fadd V.4s, V.4s, V.4s", lane, lane, w[i])
	}
	return w
}

func onlyPowers(p *power, _ []vec) []vec {
	w, scale := p.of()
	for i := range w {
		p.do("fmul V.4s, V.4s, V.4s", w[i], scale[i], w[i])
	}
	return w
}

// powers adds up what add makes of x, and stores what it returns.
func (f *function) powers(t format, stores bool, add adder) {
	w := walk{slice: f.slice("x", t), writes: stores, filler: t.masked, rest: f.rest()}
	if stores {
		w.dst = f.load("dst_base")
	}
	p := f.power()
	total, groups := f.total(p), f.gp()
	f.free(p.spare) // for copies between the halves: it is only needed within one
	f.comment("groups counts those that the block still takes.")
	f.line("MOVD $%d, %s", block/group, groups)
	f.halves(w, p.half(t, total.lanes, add), func() {
		f.line("SUBS $1, %s", groups)
		f.line("BNE group")
		total.flush()
		f.line("MOVD $%d, %s", block/group, groups)
	})
	sum := total.finish()
	f.line("FMOVD %s, %s", sum.F(), f.argument("total"))
	f.returnTop(p)
	f.finish()
}

// half is the body of a walk.
func (p *power) half(t format, lanes func(which int) []vec, add adder) func(which int, x, dst place) {
	return func(which int, x, dst place) {
		p.logits(t, x, p.x)
		if w := add(p, lanes(which)); w != nil {
			p.write(w, dst)
		}
	}
}

func (f *function) returnTop(p power) {
	f.do("smaxv S, V.4s", p.top, p.top)
	f.line("FMOVS %s, %s", p.top.F(), f.argument("top"))
}

// weighBlocks adds up every two groups by themselves: see ../blocks.go.
func (f *file) weighBlocks(t format) {
	fn := f.function("weighBlocks"+t.name, "(w []float32, sums []float64, x []"+t.element+", high, low, shift, least float32) (top float32)",
		"works like weighBlocks, with top like sum's.")
	w := walk{slice: fn.slice("x", t), dst: fn.load("w_base"), writes: true, filler: t.masked, rest: fn.rest()}
	sums, p, lanes, second, begun := fn.load("sums_base"), fn.power(), fn.vecs(group/4), fn.gp(), fn.gp()
	fn.zero(lanes...)
	store := func() {
		for i := range 4 {
			fn.do("fadd V.4s, V.4s, V.4s", lanes[i], lanes[i], lanes[4+i])
		}
		for i, to := range p.r {
			widen := []string{"fcvtl V.2d, V.2s", "fcvtl2 V.2d, V.4s"}[i%2]
			fn.do(widen, to, lanes[i/2])
			fn.do(widen, p.spare, lanes[i/2+2])
			fn.do("fadd V.2d, V.2d, V.2d", to, to, p.spare)
		}
		sum := fn.eight(p.r)
		fn.line("FMOVD (%s), %s", sums, p.spare.F())
		fn.line("FADDD %s, %s, %s", p.spare.F(), sum.F(), sum.F())
		fn.line("FMOVD.W %s, 8(%s)", sum.F(), sums)
		fn.zero(lanes...)
	}
	fn.comment("second is 1 after the first group of a block, and 0 before it. begun is the length of the last block.")
	fn.line("MOVD $0, %s", second)
	fn.line("AND $%d, %s, %s", 2*group-1, w.left, begun)
	fn.halves(w, p.half(t, func(which int) []vec { return lanes[4*which : 4*which+4] }, addPowers), func() {
		fn.line("EOR $1, %s", second)
		fn.line("CBNZ %s, group", second)
		store()
	})
	fn.line("CBZ %s, done", begun)
	store()
	fn.label("done")
	fn.returnTop(p)
	fn.finish()
}
