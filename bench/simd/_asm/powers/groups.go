package powers

// A block has groups of logits, of which cuts look at the largest first. Package simd has the
// same two numbers in cutting.go, and tests that the assembly agrees.
const (
	GroupsOfBlock = 16  // the lanes of which peaks takes the largest
	BlockOfGroups = 256 // the logits of a block of these groups
)
