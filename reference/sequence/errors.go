package sequence

import "errors"

// The errors of this package, for [errors.Is], beside those of [reference]. What is
// returned wraps one of them and names the place: the token, the length, the order.
var (
	ErrSymbol            = errors.New("symbol unknown")
	ErrImpossiblePrefix  = errors.New("prefix has no continuation")
	ErrTooManySequences  = errors.New("too many sequences to enumerate")
	ErrInfinitePartition = errors.New("partition is infinite") // see [InfinitePartitionError]
	ErrConvergence       = errors.New("no convergence")
	ErrOrder             = errors.New("order outside its range")
)
