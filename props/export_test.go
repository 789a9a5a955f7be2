package props

import "temper/props/verdict"

// UntilBroken makes a Check function stop at the first broken law of a level:
// enough to know that a planted bug is caught, whose counter-example nobody reads.
func UntilBroken(level verdict.Level) Option {
	return func(r *run) {
		r.unshrunk = true
		r.enough = func(result verdict.Result) bool {
			return result.Status == verdict.Broken && result.Level <= level
		}
	}
}
