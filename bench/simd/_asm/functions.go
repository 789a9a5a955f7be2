package main

import (
	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const exponentArguments = "high, low, shift, least float32"

// function opens a function that does not let its slices escape.
func (m machine) function(name, signature, doc string) {
	TEXT(name+m.suffix, attr.NOSPLIT, "func"+signature)
	Pragma("noescape")
	Doc(name + m.suffix + " " + doc)
}

func (m machine) finish(result ...reg.Register) {
	VZEROUPPER()
	for i, r := range result {
		Store(r, ReturnIndex(i))
	}
	RET()
}

// maximum compares four groups at a time, each with a running maximum of its own.
func (m machine) maximum(c constants) {
	const running = 4
	m.function("maximum", "(x []float32) float32", "works like maximum, but may miss NaN.")
	x := argument("x")
	largest := make([]vector, running)
	for g := range largest {
		largest[g] = m.vector()
		for i := range largest[g] {
			VMOVUPS(c.masked, largest[g][i])
		}
	}
	compare := func(g, disp int) {
		for i, l := range largest[g] {
			VMAXPS(m.at(x.pointer, i).Offset(disp), l, l)
		}
	}
	loop("wide", x, running*group, func() {
		for g := range running {
			compare(g, 4*group*g)
		}
	})
	loop("group", x, group, func() { compare(0, 0) })
	m.tail(x, c, func(t tail) {
		for i, last := range t.load() {
			VMAXPS(last, largest[0][i], largest[0][i])
		}
	})
	var all []reg.VecVirtual
	for _, v := range largest {
		all = append(all, v...)
	}
	for _, v := range all[1:] {
		VMAXPS(v, all[0], all[0])
	}
	m.finish(m.largest(all[0]))
}

// largest is the maximum of a register's lanes.
func (m machine) largest(v reg.VecVirtual) reg.VecVirtual {
	if m.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), v, upper)
		VMAXPS(upper, v.AsY(), upper)
		v = upper
	}
	x, other := XMM(), XMM()
	VEXTRACTF128(Imm(1), v.AsY(), x)
	VMAXPS(v.AsX(), x, x)
	VMOVHLPS(x, x, other)
	VMAXPS(other, x, x)
	VMOVSHDUP(x, other)
	VMAXSS(other, x, x)
	return x
}

// sum never stores a power.
func (m machine) sum(c constants) {
	m.function("sum", "(x []float32, "+exponentArguments+") float64", "works like sum.")
	x := argument("x")
	p, t := m.power(c), m.total()
	add := func(x []Op) {
		polynomial, scale := p.of(x)
		for i := range x {
			VFMADD231PS(scale[i], polynomial[i], t.block[i])
		}
	}
	m.blocks(x, t, func() { add(m.operands(x.pointer)) })
	m.tail(x, c, func(last tail) { add(last.load().operands()) })
	t.flush()
	m.finish(t.reduce())
}

// weigh stores the powers.
func (m machine) weigh(c constants) {
	m.function("weigh", "(dst, x []float32, "+exponentArguments+") float64", "works like weigh.")
	x := argument("x")
	dst := Load(Param("dst").Base(), GP64())
	p, t := m.power(c), m.total()
	add := func(x []Op) vector {
		w, scale := p.of(x)
		for i := range x {
			VMULPS(scale[i], w[i], w[i])
			VADDPS(w[i], t.block[i], t.block[i])
		}
		return w
	}
	m.blocks(x, t, func() {
		for i, w := range add(m.operands(x.pointer)) {
			VMOVUPS(w, m.at(dst, i))
		}
	}, dst)
	m.tail(x, c, func(last tail) { last.store(add(last.load().operands()), dst) })
	t.flush()
	m.finish(t.reduce())
}

// ahead is how many bytes before its turn a cache line is fetched: a chunk of the
// caller's. While one chunk is computed with, the next one arrives, and its
// maximum, which takes no time to compute, finds it there.
const ahead = 4 * 2048

// blocks runs body on every whole group and flushes the total after every block.
func (m machine) blocks(x slice, t total, body func(), others ...reg.Register) {
	Comment("left counts the groups that the block still takes.")
	left := GP64()
	MOVQ(U32(block/group), left)
	loop("group", x, group, func() {
		PREFETCHT0(Mem{Base: x.pointer, Disp: ahead})
		body()
		DECQ(left)
		JNZ(LabelRef("same_block"))
		t.flush()
		MOVQ(U32(block/group), left)
		Label("same_block")
	}, others...)
}

// multiply rounds once: w·high + w·low with what is lost of w·low far below.
func (m machine) multiply(c constants) {
	m.function("multiply", "(w []float32, high, low float32)", "works like multiply, with factor high + low.")
	w := argument("w")
	high, low := m.parameter("high"), m.parameter("low")
	scaled := func(w Op) reg.VecVirtual {
		product := m.register()
		VMULPS(w, low, product)
		VFMADD231PS(w, high, product)
		return product
	}
	loop("group", w, group, func() {
		for i := range m.parts() {
			VMOVUPS(scaled(m.at(w.pointer, i)), m.at(w.pointer, i))
		}
	})
	m.tail(w, c, func(last tail) {
		v := last.load()
		for i := range v {
			v[i] = scaled(v[i])
		}
		last.store(v, w.pointer)
	})
	m.finish()
}
