// Package elementary has powers and logarithms to base 2 and the hyperbolic tangent, with
// an error that is stated and less time than those of package math take.
package elementary
