package main

// total is a running sum: see ../total.go, whose order of additions this is. The lanes
// of a group are in eight registers, the 8 lanes of float64 across blocks in memory.
type total struct {
	*function
	block []vec
	whole gp
	room  []vec // four registers that are free whenever lanes are added up
}

func (f *function) total(p power) total {
	t := total{f, f.vecs(group / 4), f.local("whole", 8*8), p.r}
	t.clear()
	return t
}

// clear begins anew.
func (t total) clear() {
	t.zero(t.block...)
	for i := 0; i < 4; i += 2 {
		t.write(t.block[:2], place{t.whole, 16 * i})
	}
}

// lanes are those of the block of one half of the group.
func (t total) lanes(which int) []vec { return t.block[4*which : 4*which+4] }

// pair adds lanes j, j+8, j+16 and j+24 in float64, for two j, the first of which is 2·i.
func (t total) pair(i int, to, second, third vec) {
	widen := []string{"fcvtl V.2d, V.2s", "fcvtl2 V.2d, V.4s"}[i%2]
	from := t.block[i/2:]
	t.do(widen, to, from[0])
	t.do(widen, second, from[2])
	t.do("fadd V.2d, V.2d, V.2d", to, to, second)
	t.do(widen, second, from[4])
	t.do(widen, third, from[6])
	t.do("fadd V.2d, V.2d, V.2d", second, second, third)
	t.do("fadd V.2d, V.2d, V.2d", to, to, second)
}

// flush empties the block's lanes.
func (t total) flush() {
	t.comment("Lanes j, j+8, j+16 and j+24 of the block are added in float64, to lane j.")
	for i := range 4 {
		t.pair(i, t.room[0], t.room[1], t.room[2])
		at := place{t.whole, 16 * i}
		t.line("FMOVQ %s, %s", at, t.room[3].F())
		t.do("fadd V.2d, V.2d, V.2d", t.room[0], t.room[0], t.room[3])
		t.line("FMOVQ %s, %s", t.room[0].F(), at)
	}
	t.zero(t.block...)
}

// reduce adds the lanes up by halves: j and j+4, j and j+2, j and j+1.
func (t total) reduce() vec {
	t.read(place{t.whole, 0}, t.room)
	return t.eight(t.room)
}

// eight adds up eight float64 in four registers.
func (f *function) eight(lanes []vec) vec {
	f.do("fadd V.2d, V.2d, V.2d", lanes[0], lanes[0], lanes[2])
	f.do("fadd V.2d, V.2d, V.2d", lanes[1], lanes[1], lanes[3])
	f.do("fadd V.2d, V.2d, V.2d", lanes[0], lanes[0], lanes[1])
	f.do("faddp D, V.2d", lanes[0], lanes[0])
	return lanes[0]
}
