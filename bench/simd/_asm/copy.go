package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// store writes a register to memory.
type store func(x reg.VecVirtual, to Mem)

// copy opens a function that moves x to dst, two groups at a time.
func (m machine) copy(c constants, name, doc string, write store) {
	const unrolled = 2
	m.function(name, "(dst, x []float32)", doc)
	dst := Load(Param("dst").Base(), GP64())
	x := argument("x", formats[0])
	groups := func(count int) {
		parts := m.registers(count * m.parts())
		for i, part := range parts {
			VMOVUPS(m.at(x.pointer, i), part)
		}
		for i, part := range parts {
			write(part, m.at(dst, i))
		}
	}
	loop("wide", x, unrolled*group, func() { groups(unrolled) }, dst)
	loop("group", x, group, func() { groups(1) }, dst)
	m.tail(x, c, c.zero, func(last tail) {
		for i := range m.parts() {
			last.store(last.load(i), dst, i)
		}
	})
}

// copies are rooflines, which no variant needs.
func (m machine) copies(c constants) {
	m.copy(c, "copy", "is copy by the widest stores.", func(x reg.VecVirtual, to Mem) { VMOVUPS(x, to) })
	m.finish()
	m.copy(c, "stream", "is copy by stores that pass the caches by; dst begins on a boundary of 64 bytes.",
		func(x reg.VecVirtual, to Mem) { VMOVNTPS(x, to) })
	SFENCE()
	m.finish()
}
