package main

// total is a running sum: see ../total.go, whose order of additions this is. The lanes
// of a group are in eight registers, those of the blocks so far and the 8 lanes of float64
// in memory.
type total struct {
	*function
	block  []vec
	memory gp    // of the lanes of the blocks so far, then of the float64
	left   gp    // how many blocks more are added up in float32
	room   []vec // four registers that are free whenever lanes are added up
}

func (f *function) total(p power) total {
	t := total{f, f.vecs(group / 4), f.local("sums", 4*group+8*8), f.gp(), p.r}
	t.clear()
	return t
}

// clear begins anew.
func (t total) clear() {
	t.zero(t.block...)
	t.keep()
	t.write(t.block[:4], place{t.memory, 4 * group})
	t.line("MOVD $%d, %s", stack, t.left)
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

// flush adds the block to the blocks before it, and begins the next one.
func (t total) flush() {
	t.addBlocks()
	t.line("SUBS $1, %s", t.left)
	t.line("BNE stacked")
	t.empty()
	t.line("MOVD $%d, %s", stack, t.left)
	t.label("stacked")
	t.keep()
	t.zero(t.block...)
}

// finish adds up the last block and all before it.
func (t total) finish() vec {
	t.addBlocks()
	t.empty()
	t.read(place{t.memory, 4 * group}, t.room)
	return t.eight(t.room)
}

func (t total) addBlocks() {
	for i := 0; i < len(t.block); i += len(t.room) {
		t.read(place{t.memory, 16 * i}, t.room)
		for j, lanes := range t.room {
			t.do("fadd V.4s, V.4s, V.4s", t.block[i+j], t.block[i+j], lanes)
		}
	}
}

// keep leaves the lanes to the blocks that follow.
func (t total) keep() {
	for i := 0; i < len(t.block); i += 4 {
		t.write(t.block[i:i+4], place{t.memory, 16 * i})
	}
}

// empty moves the lanes to float64.
func (t total) empty() {
	t.comment("Lanes j, j+8, j+16 and j+24 are added in float64, to lane j.")
	for i := range 4 {
		t.pair(i, t.room[0], t.room[1], t.room[2])
		at := place{t.memory, 4*group + 16*i}
		t.line("FMOVQ %s, %s", at, t.room[3].F())
		t.do("fadd V.2d, V.2d, V.2d", t.room[0], t.room[0], t.room[3])
		t.line("FMOVQ %s, %s", t.room[0].F(), at)
	}
	t.zero(t.block...)
}

// eight adds up eight float64 in four registers by halves: j and j+4, j and j+2, j and j+1.
func (f *function) eight(lanes []vec) vec {
	f.do("fadd V.2d, V.2d, V.2d", lanes[0], lanes[0], lanes[2])
	f.do("fadd V.2d, V.2d, V.2d", lanes[1], lanes[1], lanes[3])
	f.do("fadd V.2d, V.2d, V.2d", lanes[0], lanes[0], lanes[1])
	f.do("faddp D, V.2d", lanes[0], lanes[0])
	return lanes[0]
}
