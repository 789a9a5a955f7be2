//go:build unix

package arms

// An Arm is one of the three sides of a comparison.
type Arm int

const (
	Base Arm = iota // the commit that is compared with
	Same            // base′: the code of base, linked once more with other layouts
	Head            // the work tree
	Count
)

// String returns the arm's name. The names have the same length: longer arguments or
// paths would move the stack of one arm's processes and so change their times.
func (a Arm) String() string { return [Count]string{"base", "same", "head"}[a] }

// SamplesFile returns the name of the file that WriteSamples makes for the arm.
func (a Arm) SamplesFile() string { return a.String() + ".txt" }

// An Error says what is wrong with the code of an arm: a check or a benchmark of it
// fails, so that the arm is not timed.
type Error struct {
	Arm  Arm
	what string
}

func (e *Error) Error() string { return e.Arm.String() + " " + e.what }
