package props

import "slices"

// guarded copies values into memory with some words behind them, in the slice's
// capacity, and tells whether anything changed.
func guarded[E int | float32 | float64](values []E) (copied []E, unchanged func(mayChange bool) bool) {
	const words = 8
	memory := append(slices.Clone(values), slices.Repeat([]E{-77}, words)...)
	before := slices.Clone(memory)
	return memory[:len(values)], func(mayChange bool) bool {
		from := 0
		if mayChange {
			from = len(values)
		}
		for i := from; i < len(memory); i++ {
			if memory[i] != before[i] && !(memory[i] != memory[i] && before[i] != before[i]) {
				return false
			}
		}
		return true
	}
}
