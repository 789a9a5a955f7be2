// Package gatetest holds what the tests of several folders of the gate share:
// repositories to compare, and the flag -slow. It is Unix only, as the gate is.
package gatetest
