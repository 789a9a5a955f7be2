// Package selfcheck shows that the gate finds a slowdown and an allocation that were
// made on purpose, and does not blame a tree that did not change. It is Unix only, as
// the gate is.
package selfcheck
