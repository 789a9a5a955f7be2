package sequence

import "errors"

// The errors of this package, for [errors.Is], in addition to those of [reference]. A
// returned error wraps one of them and names the token, the length or the order.
var (
	ErrSymbol            = errors.New("symbol unknown")
	ErrImpossiblePrefix  = errors.New("prefix has no continuation")
	ErrImpossibleDraft   = errors.New("drafted token has probability 0 under the draft model")
	ErrTooManySequences  = errors.New("too many sequences to enumerate")
	ErrInfinitePartition = errors.New("partition is infinite") // see [InfinitePartitionError]
	ErrConvergence       = errors.New("no convergence")
	ErrOrder             = errors.New("order outside its range")
)
