package props

import "time"

// Unhurried shrinks until the tries are used up, however slow the machine is: what
// comes out is then the same everywhere.
func Unhurried() Option {
	return func(r *run) { r.shrinkTime = time.Hour }
}
