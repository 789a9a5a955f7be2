package main

import (
	"slices"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

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
	start     func(c constants, f format) Mem // a group of what changes no result

	rooflineOnly bool // no variant needs it
	passesNaN    bool // what is NaN changes no result
}

var reductions = []reduction{
	{"maximum", "works like maximum, but passes over NaN.", VMAXPS, func(c constants, f format) Mem { return c.masked[f.name] }, false, true},
	{"or", "is the bitwise or of all elements.", VORPS, func(c constants, f format) Mem { return c.zero }, true, false},
	{"add", "adds the elements up in float32.", VADDPS, func(c constants, f format) Mem { return c.zero }, true, false},
}

// reduce combines two groups at a time, each with a running result of its own.
// The missing lanes of the tail start out like the result.
func (m machine) reduce(c constants, f format, op reduction) {
	const running = 2
	m.function(op.name+f.name, "(x []"+f.element+") float32", op.doc)
	x := argument("x", f)
	result := m.registers(running * m.parts())
	for i := range result {
		VMOVUPS(op.start(c, formats[0]), result[i])
	}
	combine := func(x []Op) {
		for i := range x {
			m.include(op, x[i], result[i])
		}
	}
	loop("wide", x, running*group, func() { combine(f.read(m, f.operands(m, x.pointer, running))) })
	loop("group", x, group, func() { combine(f.read(m, f.operands(m, x.pointer, 1))) })
	m.tail(x, c, op.start(c, f), func(last tail) {
		for i := range m.parts() {
			m.include(op, last.load(i), result[i])
		}
	})
	for _, r := range result[1:] {
		op.combine(r, result[0], result[0])
	}
	m.finish(m.lanewise(op, result[0]))
}

// include combines x, in memory or a register, with the running result. VMAXPS
// gives its first operand here where either is NaN: with x in that place a NaN
// would replace the result, and the next number the NaN.
func (m machine) include(op reduction, x Op, result reg.VecVirtual) {
	if !op.passesNaN {
		op.combine(x, result, result)
		return
	}
	if IsM(x) {
		loaded := m.register()
		VMOVUPS(x, loaded)
		x = loaded
	}
	op.combine(result, x, result)
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

const exponentArguments = "high, low, shift, least float32) (total float64, top float32)"

// sum never stores a power.
func (m machine) sum(c constants, f format) {
	m.function("sum"+f.name, "(x []"+f.element+", "+exponentArguments,
		"works like sum, but top is the largest exponent as power.go rounds and biases it.")
	m.powers(c, f, nil, addProducts)
}

// addProducts stores nothing.
func addProducts(p power, block vector, x []Op) vector {
	polynomial, scale := p.of(x)
	for i := range x {
		VFMADD231PS(scale[i], polynomial[i], block[i])
	}
	return nil
}

// weigh stores the powers.
func (m machine) weigh(c constants, f format) {
	m.function("weigh"+f.name, "(dst []float32, x []"+f.element+", "+exponentArguments, "works like weigh, with top like sum's.")
	dst := Load(Param("dst").Base(), GP64())
	m.powers(c, f, dst, func(p power, block vector, x []Op) vector {
		w, scale := p.of(x)
		for i := range x {
			VMULPS(scale[i], w[i], w[i])
			VADDPS(w[i], block[i], block[i])
		}
		return w
	})
}

// stretch is how many registers of logits are computed with at a time, one step
// of the arithmetic after the other. The more there are, the less a step waits for
// the one before; the registers hold no more of them besides the constants.
func (m machine) stretch() int {
	if m.lanes == 16 {
		return 4
	}
	return 2
}

// ahead is how many bytes before its turn a cache line is fetched.
const ahead = 12288

// adder adds the powers of a stretch of x to lanes of a block, and returns what is stored.
type adder func(p power, block vector, x []Op) vector

// addition adds up the powers of x, and stores what add returns in dst.
type addition struct {
	machine
	constants
	x     slice
	dst   reg.Register
	power power
	total total
	add   adder
}

// addition begins one. Powers that are stored have to be in order.
func (m machine) addition(c constants, x slice, dst reg.Register, t total, add adder) addition {
	a := addition{machine: m, constants: c, x: x, dst: dst, power: m.power(c), total: t, add: add}
	a.total.split = x.split && dst == nil
	return a
}

// groups takes whole groups of the slice, without moving on.
func (a addition) groups(count int) {
	parts := a.x.operands(a.machine, a.x.pointer, count)
	prefetch(parts)
	lanes := slices.Repeat(a.total.block, count)
	for at := 0; at < len(parts); at += a.stretch() {
		end := min(at+a.stretch(), len(parts))
		for i, w := range a.add(a.power, lanes[at:end], a.read(parts[at:end])) {
			VMOVUPS(w, a.at(a.dst, at+i))
		}
	}
}

// prefetch fetches the cache lines that are as far ahead as the parts begin lines.
func prefetch(parts []Mem) {
	for _, part := range parts {
		if part.Disp%64 == 0 {
			PREFETCHT0(part.Offset(ahead))
		}
	}
}

// read makes operands of logits in memory, in the order of the total's lanes.
func (a addition) read(memory []Mem) []Op {
	if !a.total.split {
		return a.x.read(a.machine, memory)
	}
	var x []Op
	for i := 0; i < len(memory); i += 2 {
		even, odd := a.halves(a.constants, memory[i])
		x = append(x, even, odd)
	}
	return x
}

// pairs takes the slice by two groups, as long as there are two.
func (a addition) pairs(moving ...reg.Register) {
	Comment("left counts the pairs of groups that the block still takes.")
	left := GP64()
	MOVQ(U32(block/group/2), left)
	loop("pair", a.x, 2*group, func() {
		a.groups(2)
		DECQ(left)
		JNZ(LabelRef("same_block"))
		a.total.flush(a.constants)
		MOVQ(U32(block/group/2), left)
		Label("same_block")
	}, moving...)
}

// powers adds up all of x. The function returns more behind its other results.
func (m machine) powers(c constants, f format, dst reg.Register, add adder, more ...func() reg.Register) {
	a := m.addition(c, argument("x", f), dst, m.total(), add)
	var moving []reg.Register
	if dst != nil {
		moving = append(moving, dst)
	}
	a.pairs(moving...)
	loop("group", a.x, group, func() { a.groups(1) }, moving...)
	m.tail(a.x, c, c.masked[f.name], func(last tail) {
		for i := 0; i < m.parts(); i++ {
			if a.total.split {
				even, odd := m.halves(a.constants, last.copied.Offset(f.size*m.lanes*i))
				add(a.power, a.total.block[i:], []Op{even, odd})
				i++
				continue
			}
			for _, w := range add(a.power, a.total.block[i:], []Op{last.load(i)}) {
				last.store(w, dst, i)
			}
		}
	})
	results := []reg.Register{a.total.finish(c), m.lanewise(reduction{combine: VPMAXSD}, a.power.top)}
	for _, result := range more {
		results = append(results, result())
	}
	m.finish(results...)
}

// sumChunks takes less time than sum of each chunk of as many blocks as are added up in
// float32: what is done once for a call takes as long as some 100 logits. The lanes of the
// blocks before are in memory, which leaves the registers to mixed.
func (m machine) sumChunks(c constants, f format) {
	m.function("sumChunks"+f.name, "(sums []float64, x []"+f.element+", high, low, shift, least float32) (top float32)",
		"works like sumChunks, with top like sum's.")
	sums, left := Load(Param("sums").Base(), GP64()), Load(Param("sums").Len(), GP64())
	a := m.addition(c, argument("x", f), nil, m.totalIn(false), addProducts)
	next := func() {
		a.groups(2)
		ADDQ(U32(2*f.size*group), a.x.pointer)
	}
	if m.lanes == 16 {
		s := a.mixed(4)
		next = func() { s.next(0) }
	} else if !f.half() {
		s := a.mixed(1)
		next = func() {
			for i := range 8 {
				s.next(i)
			}
		}
	}
	blocks, pairs := GP64(), GP64()
	Label("chunk")
	MOVQ(U32(stack), blocks)
	Label("block")
	MOVQ(U32(block/group/2), pairs)
	Label("pair")
	next()
	DECQ(pairs)
	JNZ(LabelRef("pair"))
	DECQ(blocks)
	JZ(LabelRef("last"))
	a.total.addBlocks()
	a.total.keep()
	JMP(LabelRef("block"))
	Label("last")
	VMOVSD(a.total.finish(c).AsX(), Mem{Base: sums})
	a.total.clear()
	ADDQ(Imm(8), sums)
	DECQ(left)
	JNZ(LabelRef("chunk"))
	m.finish(m.lanewise(reduction{combine: VPMAXSD}, a.power.top))
}

func (m machine) multiply(c constants) {
	m.function("multiply", "(w []float32, factor float32)", "works like multiply.")
	w, factor := argument("w", formats[0]), m.parameter("factor")
	scaled := func(w Op) reg.VecVirtual {
		product := m.register()
		VMULPS(w, factor, product)
		return product
	}
	loop("group", w, group, func() {
		for i := range m.parts() {
			VMOVUPS(scaled(m.at(w.pointer, i)), m.at(w.pointer, i))
		}
	})
	m.tail(w, c, c.zero, func(last tail) {
		for i := range m.parts() {
			last.store(scaled(last.load(i)), w.pointer, i)
		}
	})
	m.finish()
}
