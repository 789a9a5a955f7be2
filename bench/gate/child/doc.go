// Package child starts other programs (go, git, benchmarks) in such a way that
// none of them outlives the gate. It is Unix only, as the gate is.
package child
