// Package compare makes one run of the gate: it has the arms built and timed, looks at
// the times when the plan says so, stops when every row is decided or the budget is
// spent, and puts what was found into a report. It is Unix only, as the gate is.
package compare
