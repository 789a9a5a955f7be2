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
	m.powers(c, f, nil, func(p power, block vector, x []Op) vector {
		polynomial, scale := p.of(x)
		for i := range x {
			VFMADD231PS(scale[i], polynomial[i], block[i])
		}
		return nil
	})
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

// powers adds up what add makes of a stretch of x, for the given lanes, and stores
// what it returns. The function returns more behind its other results.
func (m machine) powers(c constants, f format, dst reg.Register, add func(p power, block vector, x []Op) vector, more ...func() reg.Register) {
	x, p, t := argument("x", f), m.power(c), m.total()
	var moving []reg.Register
	if dst != nil {
		moving = append(moving, dst)
	}
	split := f.split && dst == nil // powers that are stored have to be in order
	read := func(memory []Mem) []Op {
		if !split {
			return f.read(m, memory)
		}
		var x []Op
		for i := 0; i < len(memory); i += 2 {
			even, odd := m.halves(c, memory[i])
			x = append(x, even, odd)
		}
		return x
	}
	flush := func() {
		if split {
			t.unsplit(c)
		}
		t.flush()
	}
	groups := func(count int) {
		for line := 0; line < f.size*group*count; line += 64 {
			PREFETCHT0(Mem{Base: x.pointer, Disp: ahead + line})
		}
		lanes := slices.Repeat(t.block, count)
		parts := f.operands(m, x.pointer, count)
		for at := 0; at < len(parts); at += m.stretch() {
			end := min(at+m.stretch(), len(parts))
			for i, w := range add(p, lanes[at:end], read(parts[at:end])) {
				VMOVUPS(w, m.at(dst, at+i))
			}
		}
	}
	Comment("left counts the pairs of groups that the block still takes.")
	left := GP64()
	MOVQ(U32(block/group/2), left)
	loop("pair", x, 2*group, func() {
		groups(2)
		DECQ(left)
		JNZ(LabelRef("same_block"))
		flush()
		MOVQ(U32(block/group/2), left)
		Label("same_block")
	}, moving...)
	loop("group", x, group, func() { groups(1) }, moving...)
	m.tail(x, c, c.masked[f.name], func(last tail) {
		for i := 0; i < m.parts(); i++ {
			if split {
				even, odd := m.halves(c, last.copied.Offset(f.size*m.lanes*i))
				add(p, t.block[i:], []Op{even, odd})
				i++
				continue
			}
			for _, w := range add(p, t.block[i:], []Op{last.load(i)}) {
				last.store(w, dst, i)
			}
		}
	})
	flush()
	results := []reg.Register{t.reduce(), m.lanewise(reduction{combine: VPMAXSD}, p.top)}
	for _, result := range more {
		results = append(results, result())
	}
	m.finish(results...)
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
