// Package compare makes one run of the gate. It builds and times the arms, judges the
// times at every look of the plan, stops when every row is decided or the budget is
// spent, and returns a report. With three rows, for example, the looks are after 13, 22
// and 32 pairs. It is Unix only, as the gate is.
package compare
