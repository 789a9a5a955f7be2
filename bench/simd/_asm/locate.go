package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// runner turns eight float64 into their running sums, in three steps: lane 0 is added to
// lane 1, 2 to 3 and so on; then lane 1 to lanes 2 and 3, and 5 to 6 and 7; then lane 3
// to lanes 4 to 7. No sum is below the one before it, and it is equal to it where its own
// lane is 0.
type runner struct {
	machine
	odd, second, upper reg.OpmaskVirtual // lanes 1, 3, 5, 7; 2, 3, 6, 7; and 4 to 7 (AVX-512)
	three, seven       reg.VecVirtual    // indices of these lanes (AVX-512)
	zero               reg.VecVirtual    // (AVX2)
}

func (m machine) runner(c constants) runner {
	r := runner{machine: m}
	if m.lanes == 8 {
		r.zero = m.register()
		m.zero(r.zero)
		return r
	}
	for _, mask := range []struct {
		k     *reg.OpmaskVirtual
		lanes uint32
	}{{&r.odd, 0xAA}, {&r.second, 0xCC}, {&r.upper, 0xF0}} {
		bits := GP32()
		MOVL(U32(mask.lanes), bits)
		*mask.k = K()
		KMOVW(bits, *mask.k)
	}
	r.three, r.seven = m.register(), m.register()
	VMOVUPD(c.three, r.three)
	VMOVUPD(c.seven, r.seven)
	return r
}

// sums adds the lanes up in place, and everything before them, which is in all lanes of
// before. Then it makes before the last sum, by an addition of its own: the next eight
// lanes wait for nothing else.
func (r runner) sums(v vector, before reg.VecVirtual) {
	t := r.register()
	if r.lanes == 16 {
		VMOVDDUP_Z(v[0], r.odd, t)
		VADDPD(t, v[0], v[0])
		VPERMPD_Z(Imm(0x50), v[0], r.second, t)
		VADDPD(t, v[0], v[0])
		VPERMPD_Z(v[0], r.three, r.upper, t)
		VADDPD(t, v[0], v[0])
		VPERMPD(v[0], r.seven, t)
		VADDPD(before, v[0], v[0])
		VADDPD(t, before, before)
		return
	}
	for _, half := range v {
		VMOVDDUP(half, t)
		VBLENDPD(Imm(0b1010), t, r.zero, t)
		VADDPD(t, half, half)
		VPERMPD(Imm(0x50), half, t)
		VBLENDPD(Imm(0b1100), t, r.zero, t)
		VADDPD(t, half, half)
	}
	VPERMPD(Imm(0xFF), v[0], t)
	VADDPD(t, v[1], v[1])
	VPERMPD(Imm(0xFF), v[1], t)
	for _, half := range v {
		VADDPD(before, half, half)
	}
	VADDPD(t, before, before)
}

// locate writes the running sums to memory, and then counts those that are not above
// u times the last one.
func (m machine) locate(c constants) {
	const most = 64
	m.function("locate", "(w []float32, u float64) (index int, total float64)",
		"works like locate. The length of w is a multiple of eight, from 8 to 64.")
	w, length := Load(Param("w").Base(), GP64()), Load(Param("w").Len(), GP64())
	memory := AllocLocal(8 * most)
	r, before, target := m.runner(c), m.register(), XMM()
	m.zero(before)
	sums, left := GP64(), GP64()
	LEAQ(memory, sums)
	MOVQ(length, left)
	Label("sum")
	v := m.registers(m.octetParts())
	for i := range v {
		VCVTPS2PD(Mem{Base: w, Disp: 2 * m.lanes * i}, v[i])
	}
	r.sums(v, before)
	for i := range v {
		VMOVUPD(v[i], m.at(sums, i))
	}
	ADDQ(Imm(4*octet), w)
	ADDQ(Imm(8*octet), sums)
	SUBQ(Imm(octet), left)
	JNZ(LabelRef("sum"))

	Comment("The product may be rounded up to the last sum: it is at most the number below.")
	total, below := GP64(), XMM()
	VMOVQ(before.AsX(), total)
	u, err := Param("u").Resolve()
	if err != nil {
		panic(err)
	}
	VMULSD(u.Addr, before.AsX(), target)
	DECQ(total)
	VMOVQ(total, below)
	VMINSD(below, target, target)
	all := m.register()
	VBROADCASTSD(target, all)
	index := GP64()
	XORQ(index, index)
	LEAQ(memory, sums)
	Label("count")
	for i := range m.octetParts() {
		lanes := GP64()
		if m.lanes == 16 {
			reached := K()
			VCMPPD(Imm(0x1D), m.at(sums, i), all, reached)
			KMOVB(reached, lanes.As32())
		} else {
			reached := m.register()
			VCMPPD(Imm(0x1D), m.at(sums, i), all, reached)
			VMOVMSKPD(reached, lanes.As32())
		}
		POPCNTQ(lanes, lanes)
		ADDQ(lanes, index)
	}
	ADDQ(Imm(8*octet), sums)
	SUBQ(Imm(octet), length)
	JNZ(LabelRef("count"))
	m.finish(index, before.AsX())
}
