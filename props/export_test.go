package props

import (
	"time"

	"temper/props/verdict"
)

// Unhurried shrinks until the tries are used up, however slow the machine is: what
// comes out is then the same everywhere.
func Unhurried() Option {
	return func(r *run) { r.shrinkTime = time.Hour }
}

// UntilBroken makes a Check function stop at the first broken law of a level, and
// not shrink its counter-example: this is enough to know that a planted bug is
// caught.
func UntilBroken(level verdict.Level) Option {
	return func(r *run) {
		r.shrinkTime = 0
		r.enough = func(result verdict.Result) bool {
			return result.Status == verdict.Broken && result.Level <= level
		}
	}
}
