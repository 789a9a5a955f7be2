package main

import (
	"fmt"
	"math"

	"github.com/mmcloughlin/avo/attr"
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"temper/bench/simd/_asm/powers"
)

// group is the number of virtual lanes: every instruction set adds up the same
// logits in the same lane, so that all give the same bits.
const group = 32

// block is the number of logits that the lanes add up in float32, at most, before
// they are emptied into float64.
const block = 8 * group

// machine is an instruction set with registers of so many float32.
type machine struct {
	suffix string // of its functions' names
	lanes  int
}

// vector is a group of float32, a register per part.
type vector []reg.VecVirtual

// parts is the number of registers that make up a group.
func (m machine) parts() int { return group / m.lanes }

func (m machine) register() reg.VecVirtual {
	if m.lanes == 16 {
		return ZMM()
	}
	return YMM()
}

func (m machine) registers(count int) vector {
	v := make(vector, count)
	for i := range v {
		v[i] = m.register()
	}
	return v
}

// vector is a group of fresh registers.
func (m machine) vector() vector { return m.registers(m.parts()) }

// zero makes registers +0 in every lane, for float64 too.
func (m machine) zero(registers ...reg.VecVirtual) {
	for _, r := range registers {
		if m.lanes == 16 {
			VPXORD(r, r, r)
		} else {
			VPXOR(r, r, r)
		}
	}
}

// at is the address of a part.
func (m machine) at(base reg.Register, part int) Mem {
	return Mem{Base: base, Disp: 4 * m.lanes * part}
}

// parameter is a register with a float32 argument in every lane.
func (m machine) parameter(name string) reg.VecVirtual {
	address, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := m.register()
	VBROADCASTSS(address.Addr, v)
	return v
}

// constants are the vectors in memory that the functions read.
type constants struct {
	polynomial  [powers.Degree + 1]Mem // lowest coefficient first
	masked      map[string]Mem         // −Inf in every format, a group of them
	zero, inf   Mem
	upper       Mem    // ones in the upper half of every word of 32 bits
	lanesOf     [2]Mem // where the lanes of a group are after halves: see total.go (AVX-512)
	window      Mem    // a group of ones, a group of zeros
	iota        Mem    // 0, 1, 2 and so on, as integers
	lanesOfMask Mem    // see cuts.go (AVX2)
	roots       Mem    // see power.go
	limit       Mem    // the bits of the largest exponent that fits, biased

	// float64, a register of each: see rows.go and package elementary.
	bias, one, belowAll            Mem // 3·2¹⁹ + 127, 1 and 127
	toRoot, twoTo52, twoTo52Biased Mem // bits; 2⁵² and 2⁵² + 1023
	log2Series                     [8]Mem
	three, seven                   Mem // indices, as integers
	nan                            Mem
}

func (m machine) constants() constants {
	var c constants
	for i, a := range powers.Coefficients() {
		c.polynomial[i] = repeat(fmt.Sprintf("coefficient%d%s", i, m.suffix), math.Float32bits(a), group)
	}
	c.roots = GLOBL("roots"+m.suffix, attr.RODATA|attr.NOPTR)
	for i := range m.lanes {
		DATA(4*i, U32(powers.Root(i%powers.Steps)))
	}
	c.masked = map[string]Mem{}
	for _, f := range formats {
		word, words := uint32(f.masked)<<16|uint32(f.masked), group/2
		if !f.half() {
			word, words = math.Float32bits(float32(math.Inf(-1))), group
		}
		c.masked[f.name] = repeat("masked"+f.name+m.suffix, word, words)
	}
	c.zero = repeat("zero"+m.suffix, 0, group)
	c.inf = repeat("inf"+m.suffix, math.Float32bits(float32(math.Inf(1))), m.lanes)
	c.upper = repeat("upper"+m.suffix, 0xFFFF0000, m.lanes)
	for part := range c.lanesOf {
		c.lanesOf[part] = GLOBL(fmt.Sprintf("lanes%d%s", part, m.suffix), attr.RODATA|attr.NOPTR)
		for i := range m.lanes {
			lane := part*m.lanes + i
			DATA(4*i, U32(lane/2+lane%2*m.lanes))
		}
	}
	c.window = repeat("window"+m.suffix, math.MaxUint32, group)
	for i := range group {
		DATA(4*(group+i), U32(0))
	}
	c.iota = GLOBL("iota"+m.suffix, attr.RODATA|attr.NOPTR)
	for i := range m.lanes {
		DATA(4*i, U32(uint32(i)))
	}
	if m.lanes == 8 {
		c.lanesOfMask = lanesOfMasks("lanesOfMask" + m.suffix)
	}
	c.limit = repeat("limit"+m.suffix, math.Float32bits(3<<19+127+64), m.lanes)
	c.bias, c.one, c.belowAll = m.double("bias", 3<<19+127), m.double("one", 1), m.double("belowAll", 127)
	c.toRoot = m.double("toRoot", math.Float64frombits(powers.ToRoot))
	c.twoTo52, c.twoTo52Biased = m.double("twoTo52", 1<<52), m.double("twoTo52Biased", 1<<52+1023)
	c.nan = m.double("nan", math.NaN())
	c.three, c.seven = m.double("three", math.Float64frombits(3)), m.double("seven", math.Float64frombits(7))
	for i, a := range powers.Log2Series {
		c.log2Series[i] = m.double(fmt.Sprintf("log2Series%d", i), a)
	}
	return c
}

// lanesOfMasks is a global of the lanes in every mask of eight, eight bytes a mask.
func lanesOfMasks(name string) Mem {
	global := GLOBL(name, attr.RODATA|attr.NOPTR)
	for mask := range 256 {
		var lanes uint64
		at := 0
		for lane := range 8 {
			if mask>>lane&1 == 1 {
				lanes |= uint64(lane) << (8 * at)
				at++
			}
		}
		DATA(8*mask, U64(lanes))
	}
	return global
}

// double is a global of equal float64, a register of them.
func (m machine) double(name string, v float64) Mem {
	global := GLOBL(name+m.suffix, attr.RODATA|attr.NOPTR)
	for i := range m.lanes / 2 {
		DATA(8*i, U64(math.Float64bits(v)))
	}
	return global
}

// repeat is a global of equal words.
func repeat(name string, word uint32, count int) Mem {
	global := GLOBL(name, attr.RODATA|attr.NOPTR)
	for i := range count {
		DATA(4*i, U32(word))
	}
	return global
}
