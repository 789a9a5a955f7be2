// Package selfcheck tries the gate on a small module whose slowdowns are known: an
// unchanged tree must not be red, and planted slowdowns must be. It is Unix only, as the
// gate is.
package selfcheck
