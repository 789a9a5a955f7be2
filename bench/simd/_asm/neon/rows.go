package main

import "math"

const (
	shortRow = 64 // the largest number of logits of a row that is computed with others
	octet    = 8  // rows that are in one step where only their k and logarithms count
)

// offsetRows is ../rows.go's.
func (f *file) offsetRows() {
	fn := f.function("offsetRows", "(k []float64, shift, least, x []float32, vocab int, c, inverse float64)",
		"computes k, shift and least of rows, a multiple of eight, by their first logits; inverse is 1/c.")
	k, left, shift, least := fn.load("k_base"), fn.load("k_len"), fn.load("shift_base"), fn.load("least_base")
	x, bytes := fn.load("x_base"), fn.load("vocab")
	fn.line("LSL $2, %s", bytes)
	scale, inverse := fn.vec(), fn.vec()
	fn.line("FMOVD %s, %s", fn.argument("c"), scale.F())
	fn.line("FMOVD %s, %s", fn.argument("inverse"), inverse.F())
	bias, belowAll := fn.double("bias", 3<<19+127), fn.double("belowAll", 127)
	first, second, rounded, narrow := fn.vec(), fn.vec(), fn.vec(), fn.vec()
	fn.label("pair")
	fn.comment("Two rows.")
	for i, v := range []vec{first, second} {
		fn.line("FMOVS (%s), %s", x, v.F())
		fn.line("ADD %s, %s", bytes, x)
		if i == 1 {
			fn.do("mov V.s[1], V.s[0]", first, second)
		}
	}
	fn.do("fcvtl V.2d, V.2s", first, first)
	fn.do("fmul V.2d, V.2d, V.d[0]", first, first, scale)
	fn.do("frintn V.2d, V.2d", rounded, first)
	fn.line("FMOVQ.P %s, 16(%s)", rounded.F(), k)
	fn.do("fsub V.2d, V.2d, V.2d", first, bias, rounded)
	fn.do("fcvtn V.2s, V.2d", narrow, first)
	fn.line("FMOVD.P %s, 8(%s)", narrow.F(), shift)
	fn.do("fsub V.2d, V.2d, V.2d", first, rounded, belowAll)
	fn.do("fmul V.2d, V.2d, V.d[0]", first, first, inverse)
	fn.do("fcvtn V.2s, V.2d", narrow, first)
	fn.line("FMOVD.P %s, 8(%s)", narrow.F(), least)
	fn.line("SUBS $2, %s", left)
	fn.line("BNE pair")
	fn.finish()
}

const (
	summing = "(sum []float64, shift, least, x []float32, vocab int, high, low float32)"
	storing = "(w []float32, sum []float64, shift, least, x []float32, vocab int, high, low float32)"
)

// sumRows adds up the powers of one row after the other.
func (f *file) sumRows() {
	f.eachRow("sumRows", summing,
		"works like sum on each of several rows, of up to 64 logits. The sum of a row that does not fit is NaN.", true, addProducts)
}

// weighRows stores the powers, too, in rows of shortRow places.
func (f *file) weighRows() {
	f.eachRow("weighRows", storing,
		"works like weigh on each of several rows, of up to 64 logits. The powers of a row take 64 places of w: behind them are zeros up to a multiple of eight. The sum of a row that does not fit is NaN.",
		true, addPowers)
}

// powerRows does not add the powers up.
func (f *file) powerRows() {
	f.eachRow("powerRows", storing, "is weighRows with 1 for the sum of a row that fits.", false, onlyPowers)
}

// sumLongRows is sumRows for rows of several blocks.
func (f *file) sumLongRows() {
	fn := f.function("sumLongRows", summing, "is sumRows for rows of any length.")
	rows := fn.rows(false)
	p := fn.powerOf()
	total, groups := fn.total(p), fn.gp()
	rows.each(&p, func() {
		total.clear()
		fn.line("MOVD $%d, %s", block/group, groups)
		fn.halves(rows.row, p.half(float32s, total.lanes, addProducts), func() {
			fn.line("SUBS $1, %s", groups)
			fn.line("BNE group")
			total.flush()
			fn.line("MOVD $%d, %s", block/group, groups)
		})
	}, total.finish)
}

// eachRow calls add with the logits of each row and with lanes that begin as zeros, stores
// what it returns in w, and the sum of the lanes, if they are summed, or 1.
func (f *file) eachRow(name, signature, doc string, summed bool, add adder) {
	fn := f.function(name, signature, doc)
	rows := fn.rows(signature == storing)
	p := fn.powerOf()
	total := total{function: fn}
	if summed {
		total.block = fn.vecs(group / 4)
	} else {
		total.block = make([]vec, group/4) // which add does not use
	}
	rows.each(&p, func() {
		if summed {
			fn.zero(total.block...)
		}
		fn.halves(rows.row, p.half(float32s, total.lanes, add), nil)
	}, func() vec {
		if !summed {
			fn.line("FMOVD $1.0, %s", p.r[0].F())
			return p.r[0]
		}
		for i, to := range p.r {
			total.pair(i, to, p.rounded[0], p.rounded[1])
		}
		return fn.eight(p.r)
	})
}

// rows is a loop over the rows of a batch.
type rows struct {
	*function
	sum, left, shift, least, x, vocab gp
	w                                 gp // where the powers of the row go
	row                               walk
}

func (f *function) rows(stores bool) rows {
	r := rows{
		function: f, sum: f.load("sum_base"), left: f.load("sum_len"), shift: f.load("shift_base"), least: f.load("least_base"),
		x: f.load("x_base"), vocab: f.load("vocab"),
	}
	r.row = walk{slice: slice{float32s, f.gp(), f.gp()}, writes: stores, roomy: true, filler: float32s.masked, rest: f.rest()}
	if stores {
		r.w, r.row.dst = f.load("w_base"), f.gp()
	}
	return r
}

// each runs compute for each row and stores the sum, or NaN where an exponent was above headroom.
func (r rows) each(p *power, compute func(), sum func() vec) {
	p.shift, p.least = r.vec(), r.vec()
	r.label("row")
	r.line("VLD1R.P 4(%s), [V%d.S4]", r.shift, p.shift)
	r.line("VLD1R.P 4(%s), [V%d.S4]", r.least, p.least)
	r.zero(p.top)
	r.line("MOVD %s, %s", r.x, r.row.pointer)
	r.line("MOVD %s, %s", r.vocab, r.row.left)
	if r.row.writes {
		r.line("MOVD %s, %s", r.w, r.row.dst)
		r.line("ADD $%d, %s", 4*shortRow, r.w)
	}
	compute()
	total := sum()
	r.do("smaxv S, V.4s", p.top, p.top)
	r.line("FMOVS %s, R15", p.top.F())
	r.line("CMPW $0x%X, R15", math.Float32bits(3<<19+127+64))
	r.line("BLE fits")
	nan := r.double("nan", math.NaN())
	r.move(total, nan)
	r.free(nan)
	r.label("fits")
	r.line("FMOVD.P %s, 8(%s)", total.F(), r.sum)
	r.line("ADD %s<<2, %s", r.vocab, r.x)
	r.line("SUBS $1, %s", r.left)
	r.line("BNE row")
	r.finish()
}

// scaleRows takes the powers that weighRows has stored.
func (f *file) scaleRows() {
	fn := f.function("scaleRows", "(dst, w, factor []float32, vocab int)", "writes the powers of every row, times its factor, to dst.")
	dst, w, factor, left, vocab := fn.load("dst_base"), fn.load("w_base"), fn.load("factor_base"), fn.load("factor_len"), fn.load("vocab")
	row := walk{slice: slice{float32s, fn.gp(), fn.gp()}, dst: fn.gp(), writes: true, filler: zeros}
	scale := fn.vec()
	fn.label("row")
	fn.line("VLD1R.P 4(%s), [V%d.S4]", factor, scale)
	fn.line("MOVD %s, %s", w, row.pointer)
	fn.line("MOVD %s, %s", dst, row.dst)
	fn.line("MOVD %s, %s", vocab, row.left)
	fn.scan(row, func(_ int, x []vec, dst place) {
		for _, v := range x {
			fn.do("fmul V.4s, V.4s, V.4s", v, v, scale)
		}
		fn.write(x, dst)
	})
	fn.line("ADD $%d, %s", 4*shortRow, w)
	fn.line("ADD %s<<2, %s", vocab, dst)
	fn.line("SUBS $1, %s", left)
	fn.line("BNE row")
	fn.finish()
}
