// Package scratch holds what lasts no longer than a run: temporary folders, and
// git repositories in them. It is Unix only, as the gate is.
package scratch
