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

// reduction is an operation that makes one number of many.
type reduction struct {
	name, doc string
	combine   func(ops ...Op)
	start     func(c constants) Mem
}

var reductions = []reduction{
	{"maximum", "works like maximum, but may miss NaN.", VMAXPS, func(c constants) Mem { return c.masked }},
	{"or", "is the bitwise or of all elements.", VORPS, func(c constants) Mem { return c.zero }},
	{"add", "adds the elements up in float32.", VADDPS, func(c constants) Mem { return c.zero }},
}

// reduce combines four groups at a time, each with a running result of its own.
// The missing lanes of the tail start out like the result.
func (m machine) reduce(c constants, op reduction) {
	const running = 4
	m.function(op.name, "(x []float32) float32", op.doc)
	x := argument("x")
	result := m.registers(running * m.parts())
	for i := range result {
		VMOVUPS(op.start(c), result[i])
	}
	combine := func(x []Op) {
		for i := range x {
			op.combine(x[i], result[i], result[i])
		}
	}
	loop("wide", x, running*group, func() { combine(m.operands(x.pointer, running)) })
	loop("group", x, group, func() { combine(m.operands(x.pointer, 1)) })
	m.tail(x, c, func(last tail) { combine(last.load(op.start(c)).operands()) })
	for _, r := range result[1:] {
		op.combine(r, result[0], result[0])
	}
	m.finish(m.lanewise(op, result[0]))
}

// lanewise combines a register's lanes by halves.
func (m machine) lanewise(op reduction, v reg.VecVirtual) reg.VecVirtual {
	if m.lanes == 16 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), v, upper)
		op.combine(upper, v.AsY(), upper)
		v = upper
	}
	x, other := XMM(), XMM()
	VEXTRACTF128(Imm(1), v.AsY(), x)
	op.combine(v.AsX(), x, x)
	VMOVHLPS(x, x, other)
	op.combine(other, x, x)
	VMOVSHDUP(x, other)
	op.combine(other, x, x)
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
	m.blocks(x, t, func() { add(m.operands(x.pointer, 1)) })
	m.tail(x, c, func(last tail) { add(last.load(c.masked).operands()) })
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
		for i, w := range add(m.operands(x.pointer, 1)) {
			VMOVUPS(w, m.at(dst, i))
		}
	}, dst)
	m.tail(x, c, func(last tail) { last.store(add(last.load(c.masked).operands()), dst) })
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
		v := last.load(c.masked)
		for i := range v {
			v[i] = scaled(v[i])
		}
		last.store(v, w.pointer)
	})
	m.finish()
}
