// Package subjects holds what the suites themselves are tried on: [Bugs], each with one thing
// wrong, which must be caught, and [Controls], correct implementations in many styles, which must
// not be accused. Most bugs are edits of a plain implementation, written to be edited (newPlain and
// its like in the files plain*.go).
//
// The laws know nothing of these subjects: package props does not import this one.
package subjects
