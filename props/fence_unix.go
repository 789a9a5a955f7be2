//go:build unix

package props

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// hasFences is whether memory can be protected on this system.
const hasFences = true

// fenced returns n elements of memory between two pages that nobody may touch, the
// last element right before the second page (atEnd) or the first right behind
// the first page: a stray load or store, vector instructions' too, is a fault.
func fenced[E int | float32 | float64](n int, atEnd bool) (elements []E, free func(), err error) {
	var e E
	page, bytes := unix.Getpagesize(), n*int(unsafe.Sizeof(e))
	inside := (bytes + page - 1) / page * page
	memory, err := unix.Mmap(-1, 0, inside+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, nil, err
	}
	free = func() { unix.Munmap(memory) }
	for _, fence := range [][]byte{memory[:page], memory[page+inside:]} {
		if err := unix.Mprotect(fence, unix.PROT_NONE); err != nil {
			free()
			return nil, nil, err
		}
	}
	if n == 0 {
		return nil, free, nil
	}
	start := page
	if atEnd {
		start += inside - bytes
	}
	return unsafe.Slice((*E)(unsafe.Pointer(&memory[start])), n), free, nil
}
