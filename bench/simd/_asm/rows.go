package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// Short rows are computed many at a time. What is done once for a row is then done for
// eight rows in one register of float64, or two of AVX2, and no row waits for another.
const octet = 8

// octetParts is how many registers of float64 an octet takes.
func (m machine) octetParts() int { return 2 * octet / m.lanes }

// offsetRows computes for every row what offset and affineOf do, with the reciprocal of
// c instead of a division. Where least then differs in its last bit, 2^n is 0 all the same.
func (m machine) offsetRows(c constants) {
	m.function("offsetRows", "(k []float64, shift, least, x []float32, vocab int, c, inverse float64)",
		"computes k, shift and least of rows, a multiple of eight, by their first logits; inverse is 1/c.")
	k, left := Load(Param("k").Base(), GP64()), Load(Param("k").Len(), GP64())
	shift, least := Load(Param("shift").Base(), GP64()), Load(Param("least").Base(), GP64())
	x, bytes := Load(Param("x").Base(), GP64()), Load(Param("vocab"), GP64())
	SHLQ(Imm(2), bytes)
	scale, inverse := m.doubleParameter("c"), m.doubleParameter("inverse")
	Label("octet")
	for i, first := range m.firsts(x, bytes) {
		m.widenHalf(first, first)
		VMULPD(scale, first, first)
		if m.lanes == 16 {
			VRNDSCALEPD(Imm(0), first, first)
		} else {
			VROUNDPD(Imm(0), first, first)
		}
		VMOVUPD(first, m.at(k, i))
		v := m.register()
		VMOVUPD(c.bias, v)
		VSUBPD(first, v, v)
		m.narrow(v, Mem{Base: shift, Disp: 2 * m.lanes * i})
		VSUBPD(c.belowAll, first, v)
		VMULPD(inverse, v, v)
		m.narrow(v, Mem{Base: least, Disp: 2 * m.lanes * i})
	}
	ADDQ(Imm(8*octet), k)
	ADDQ(Imm(4*octet), shift)
	ADDQ(Imm(4*octet), least)
	SUBQ(Imm(octet), left)
	JNZ(LabelRef("octet"))
	m.finish()
}

// firsts are the first logits of eight rows, in the lower halves of registers. It moves
// x on to the row after them.
func (m machine) firsts(x, bytes reg.Register) vector {
	fours := []reg.VecVirtual{XMM(), XMM()}
	for _, four := range fours {
		VMOVSS(Mem{Base: x}, four)
		ADDQ(bytes, x)
		for lane := 1; lane < 4; lane++ {
			VINSERTPS(Imm(uint64(lane)<<4), Mem{Base: x}, four, four)
			ADDQ(bytes, x)
		}
	}
	first := m.registers(m.octetParts())
	if m.lanes == 16 {
		VINSERTF128(Imm(1), fours[1], fours[0].AsY(), first[0].AsY())
		return first
	}
	for i, four := range fours {
		VMOVAPS(four, first[i].AsX())
	}
	return first
}

// widenHalf makes float64 of the float32 in the lower half of a register.
func (m machine) widenHalf(x, wide reg.VecVirtual) {
	if m.lanes == 16 {
		VCVTPS2PD(x.AsY(), wide)
	} else {
		VCVTPS2PD(x.AsX(), wide)
	}
}

// narrow writes a register of float64 as float32.
func (m machine) narrow(x reg.VecVirtual, to Mem) {
	if m.lanes == 16 {
		VCVTPD2PS(x, x.AsY())
		VMOVUPS(x.AsY(), to)
	} else {
		VCVTPD2PSY(x, x.AsX())
		VMOVUPS(x.AsX(), to)
	}
}

// doubleParameter is a register with a float64 argument in every lane.
func (m machine) doubleParameter(name string) reg.VecVirtual {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := m.register()
	VBROADCASTSD(address.Addr, v)
	return v
}

// sumRows adds up the powers of one row after the other.
func (m machine) sumRows(c constants) {
	m.function("sumRows", "(sum []float64, shift, least, x []float32, vocab int, high, low float32)",
		"works like sum on each of several rows, of up to 64 logits. The sum of a row that does not fit is NaN.")
	m.eachRow(c, nil, true, addProducts)
}

// weighRows stores the powers, too, in rows of shortRow places.
func (m machine) weighRows(c constants) {
	m.function("weighRows", storing,
		"works like weigh on each of several rows, of up to 64 logits. The powers of a row take 64 places of w: behind them are zeros up to a multiple of eight. The sum of a row that does not fit is NaN.")
	m.storeRows(c, true)
}

// powerRows does not add the powers up.
func (m machine) powerRows(c constants) {
	m.function("powerRows", storing, "is weighRows with 1 for the sum of a row that fits.")
	m.storeRows(c, false)
}

const storing = "(w []float32, sum []float64, shift, least, x []float32, vocab int, high, low float32)"

func (m machine) storeRows(c constants, addUp bool) {
	w := Load(Param("w").Base(), GP64())
	m.eachRow(c, w, addUp, func(p power, block vector, x []Op) vector {
		w, scale := p.of(x)
		for i := range x {
			VMULPS(scale[i], w[i], w[i])
			if addUp {
				VADDPS(w[i], block[i], block[i])
			}
		}
		return w
	})
}

// shortRow is the largest number of logits of a row that is computed with others.
const shortRow = 64

// unfit runs then where an exponent was above headroom.
func (p power) unfit(c constants, then func()) {
	if p.lanes == 16 {
		above := K()
		VPCMPD(Imm(6), c.limit, p.top, above)
		KORTESTW(above, above)
	} else {
		above, lanes := p.register(), GP32()
		VPCMPGTD(c.limit, p.top, above)
		VMOVMSKPS(above, lanes)
		TESTL(lanes, lanes)
	}
	JZ(LabelRef("fits"))
	then()
	Label("fits")
}

// eachRow calls add with the logits of each row and with lanes that begin as zeros, stores
// what it returns in w, and the sum of the lanes, if they are summed, or 1.
func (m machine) eachRow(c constants, w reg.Register, summed bool, add adder) {
	sum, left := Load(Param("sum").Base(), GP64()), Load(Param("sum").Len(), GP64())
	shift, least := Load(Param("shift").Base(), GP64()), Load(Param("least").Base(), GP64())
	x, vocab := Load(Param("x").Base(), GP64()), Load(Param("vocab"), GP64())
	row := slice{formats[0], GP64(), GP64()}
	MOVQ(vocab, row.length)
	ANDQ(Imm(group-1), row.length)
	last := m.partial(row, c, c.masked[formats[0].name])
	p, block, folded := m.powerOf(c), m.vector(), Mem{}
	var to reg.Register
	var moving []reg.Register
	if summed {
		folded = m.room(group)
	}
	if w != nil {
		to = GP64()
		moving = append(moving, to)
	}
	some := func(x []Op, from int) {
		for i, v := range add(p, block[from:from+len(x)], x) {
			VMOVUPS(v, m.at(to, from+i))
		}
	}

	Label("row")
	VBROADCASTSS(Mem{Base: shift}, p.shift)
	VBROADCASTSS(Mem{Base: least}, p.least)
	m.zero(p.top)
	if summed {
		m.zero(block...)
	}
	MOVQ(x, row.pointer)
	MOVQ(vocab, row.length)
	if w != nil {
		MOVQ(w, to)
	}
	whole := row.operands(m, row.pointer, 1)
	loop("group", row, group, func() {
		for from := 0; from < len(whole); from += m.stretch() {
			end := min(from+m.stretch(), len(whole))
			some(row.read(m, whole[from:end]), from)
		}
	}, moving...)
	m.rest(row, func(i int) { some(row.read(m, whole[i:i+1]), i) }, func(i int) { some([]Op{last.load(i)}, i) })
	var total reg.Register = XMM()
	if summed {
		nan := GP32()
		MOVL(U32(math.Float32bits(float32(math.NaN()))), nan)
		p.unfit(c, func() { VMOVD(nan, block[0].AsX()) })
		total = m.fold(block, folded).AsX()
	} else {
		VMOVSD(c.one, total)
		p.unfit(c, func() { VMOVSD(c.nan, total) })
	}
	VMOVSD(total, Mem{Base: sum})
	ADDQ(Imm(8), sum)
	if w != nil {
		ADDQ(U32(4*shortRow), w)
	}
	LEAQ(Mem{Base: x, Index: vocab, Scale: 4}, x)
	ADDQ(Imm(4), shift)
	ADDQ(Imm(4), least)
	DECQ(left)
	JNZ(LabelRef("row"))
	m.finish()
}

// rest calls whole with the parts of a row's last group that are complete, and partial
// with the one that is not.
func (m machine) rest(row slice, whole, partial func(part int)) {
	for i := range m.parts() {
		CMPQ(row.length, U32(m.lanes*(i+1)))
		JLT(LabelRef(fmt.Sprintf("partial%d", i)))
		whole(i)
	}
	for i := range m.parts() {
		Label(fmt.Sprintf("partial%d", i))
		CMPQ(row.length, U32(m.lanes*i))
		JLE(LabelRef("row_done"))
		partial(i)
		JMP(LabelRef("row_done"))
	}
	Label("row_done")
}

// sumLongRows is sumRows for rows of several blocks.
func (m machine) sumLongRows(c constants) {
	m.function("sumLongRows", "(sum []float64, shift, least, x []float32, vocab int, high, low float32)",
		"is sumRows for rows of any length.")
	sum, left := Load(Param("sum").Base(), GP64()), Load(Param("sum").Len(), GP64())
	shift, least := Load(Param("shift").Base(), GP64()), Load(Param("least").Base(), GP64())
	vocab := Load(Param("vocab"), GP64())
	row := slice{formats[0], Load(Param("x").Base(), GP64()), GP64()}
	MOVQ(vocab, row.length)
	ANDQ(Imm(group-1), row.length)
	last := m.partial(row, c, c.masked[formats[0].name])
	p, t := m.powerOf(c), m.total()
	a := addition{machine: m, constants: c, x: row, power: p, total: t, add: addProducts}

	Label("row")
	VBROADCASTSS(Mem{Base: shift}, p.shift)
	VBROADCASTSS(Mem{Base: least}, p.least)
	t.clear()
	m.zero(p.top)
	MOVQ(vocab, row.length)
	a.pairs()
	loop("group", row, group, func() { a.groups(1) })
	parts := row.operands(m, row.pointer, 1)
	add := func(i int, x []Op) { addProducts(p, t.block[i:], x) }
	m.rest(row, func(i int) { add(i, row.read(m, parts[i:i+1])) }, func(i int) { add(i, []Op{last.load(i)}) })
	nan := GP32()
	MOVL(U32(math.Float32bits(float32(math.NaN()))), nan)
	p.unfit(c, func() { VMOVD(nan, t.block[0].AsX()) })
	VMOVSD(t.finish(c).AsX(), Mem{Base: sum})
	LEAQ(Mem{Base: row.pointer, Index: row.length, Scale: 4}, row.pointer)
	ADDQ(Imm(8), sum)
	ADDQ(Imm(4), shift)
	ADDQ(Imm(4), least)
	DECQ(left)
	JNZ(LabelRef("row"))
	m.finish()
}

// scaleRows takes the powers that weighRows has stored.
func (m machine) scaleRows(c constants) {
	m.function("scaleRows", "(dst, w, factor []float32, vocab int)",
		"writes the powers of every row, times its factor, to dst.")
	dst, w := Load(Param("dst").Base(), GP64()), Load(Param("w").Base(), GP64())
	factor, left := Load(Param("factor").Base(), GP64()), Load(Param("factor").Len(), GP64())
	vocab := Load(Param("vocab"), GP64())
	row := slice{formats[0], dst, GP64()}
	MOVQ(vocab, row.length)
	ANDQ(Imm(group-1), row.length)
	last := m.partial(row, c, c.zero)
	f := m.register()
	product := func(i int) reg.VecVirtual {
		v := m.register()
		VMULPS(m.at(w, i), f, v)
		return v
	}
	from := GP64()

	Label("row")
	VBROADCASTSS(Mem{Base: factor}, f)
	MOVQ(w, from)
	MOVQ(vocab, row.length)
	loop("group", row, group, func() {
		for i := range m.parts() {
			VMOVUPS(product(i), m.at(dst, i))
		}
	}, w)
	m.rest(row, func(i int) { VMOVUPS(product(i), m.at(dst, i)) }, func(i int) { last.store(product(i), dst, i) })
	LEAQ(Mem{Base: dst, Index: row.length, Scale: 4}, dst)
	LEAQ(Mem{Base: from, Disp: 4 * shortRow}, w)
	ADDQ(Imm(4), factor)
	DECQ(left)
	JNZ(LabelRef("row"))
	m.finish()
}

// room is memory for fold. AVX2 widens them from memory, which takes fewer
// instructions than from registers. Registers of 64 bytes on the stack often lie across
// two cache lines, where a load waits long for a store.
func (m machine) room(lanes int) (memory Mem) {
	if m.lanes == 8 {
		memory = AllocLocal(4 * lanes)
	}
	return memory
}

// fold adds up the lanes of a group, or of half of one, as total does.
func (m machine) fold(block vector, room Mem) reg.VecVirtual {
	t := total{machine: m, block: block}
	if m.lanes == 16 {
		whole := t.pair(0, 0)
		for i := 1; i < len(block); i++ {
			VADDPD(t.pair(i, 0), whole, whole)
		}
		t.whole = []Op{whole}
		return t.reduce()
	}
	for i, lanes := range block {
		VMOVUPS(lanes, room.Offset(4*m.lanes*i))
	}
	for i := range m.octetParts() {
		eighths := m.registers(len(block))
		for j := range eighths {
			VCVTPS2PD(room.Offset(32*j+2*m.lanes*i), eighths[j])
		}
		for step := 1; step < len(block); step *= 2 {
			for j := 0; j < len(block); j += 2 * step {
				VADDPD(eighths[j+step], eighths[j], eighths[j])
			}
		}
		t.whole = append(t.whole, eighths[0])
	}
	return t.reduce()
}

// log2Rows is log2, step by step.
func (m machine) log2Rows(c constants) {
	m.function("log2Rows", "(dst, x []float64)", "works like log2 on each of them, a multiple of eight.")
	dst, x := Load(Param("dst").Base(), GP64()), Load(Param("x").Base(), GP64())
	left := Load(Param("x").Len(), GP64())
	Label("octet")
	for i := range m.octetParts() {
		bits, biased, one := m.register(), m.register(), m.register()
		VMOVUPD(m.at(x, i), bits)
		VMOVUPD(c.one, one)
		VPADDQ(c.toRoot, bits, biased)
		VPSRLQ(Imm(52), biased, biased)
		mantissa := m.register()
		VPSLLQ(Imm(52), biased, mantissa)
		VPSUBQ(mantissa, bits, mantissa)
		VPADDQ(one, mantissa, mantissa)
		Comment("2^52 + biased has biased in its last bits.")
		exponent := biased
		VPADDQ(c.twoTo52, biased, exponent)
		VSUBPD(c.twoTo52Biased, exponent, exponent)
		s, below := m.register(), m.register()
		VSUBPD(one, mantissa, s)
		VADDPD(one, mantissa, below)
		VDIVPD(below, s, s)
		z, z2 := m.register(), m.register()
		VMULPD(s, s, z)
		VMULPD(z, z, z2)
		pair := func(lower int) reg.VecVirtual {
			v := m.register()
			VMULPD(c.log2Series[lower+1], z, v)
			VADDPD(c.log2Series[lower], v, v)
			return v
		}
		series := pair(6)
		for lower := 4; lower >= 0; lower -= 2 {
			next := pair(lower)
			VMULPD(z2, series, series)
			VADDPD(series, next, next)
			series = next
		}
		VMULPD(s, series, series)
		VADDPD(series, exponent, exponent)
		VMOVUPD(exponent, m.at(dst, i))
	}
	ADDQ(Imm(8*octet), dst)
	ADDQ(Imm(8*octet), x)
	SUBQ(Imm(octet), left)
	JNZ(LabelRef("octet"))
	m.finish()
}
