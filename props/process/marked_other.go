//go:build !linux

package process

// killMarked does nothing: to read the environments of other processes takes an
// external tool here.
func killMarked(string) {}
