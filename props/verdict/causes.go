package verdict

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// Words returns the words of a counter-example without its numbers, its lists and its
// input, which is on a line of its own after "input: ". Two counter-examples with the
// same words are of one kind.
func Words(detail string) string {
	said, _ := CutInput(detail)
	return numbers.ReplaceAllString(said, "#")
}

var numbers = regexp.MustCompile(`\[[^][]*\]|[-+±]?\b(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Inf|NaN)\b`)

// CutInput takes a counter-example apart: its words, and its input, which is empty where there
// is none.
func CutInput(detail string) (said, input string) {
	said, input, _ = strings.Cut(detail, "\ninput: ")
	return said, input
}

// Cause is a set of broken laws that look like consequences of one defect.
type Cause []Result

// Causes puts broken laws together whose counter-examples have the same words, the
// operation's name apart, or that fail for the same operation at the same input, unless
// that is a row of one logit, to which any counter-example may shrink.
// Causes that break a Must law come first.
func (r Report) Causes() []Cause {
	var causes []Cause
	for _, result := range r.Results {
		if result.Status != Broken {
			continue
		}
		merged := Cause{}
		causes = slices.DeleteFunc(causes, func(c Cause) bool {
			related := slices.ContainsFunc(c, func(other Result) bool { return alike(other, result) })
			if related {
				merged = append(merged, c...)
			}
			return related
		})
		causes = append(causes, append(merged, result))
	}
	for _, c := range causes {
		slices.SortStableFunc(c, func(a, b Result) int { return cmp.Compare(a.Level, b.Level) })
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(a[0].Level, b[0].Level) })
	return causes
}

func alike(a, b Result) bool {
	_, inputA := CutInput(a.Detail)
	_, inputB := CutInput(b.Detail)
	return a.words() == b.words() || a.Subject() == b.Subject() && inputA != "" && inputA == inputB && !oneLogit.MatchString(inputA)
}

var oneLogit = regexp.MustCompile(`^T = [^\[]*logits \[[^\s\]]*\]$`)

// Subject is what the law is about, the part of its ID before the slash.
func (l Law) Subject() string {
	name, _, _ := strings.Cut(l.ID, "/")
	return name
}

// words are those of the counter-example without the name of the operation.
func (r Result) words() string {
	return Words(strings.ReplaceAll(r.Detail, r.Subject(), "·"))
}

// Details are the counter-examples of a cause, one for each wording, under the
// name of its law where there are several.
func (c Cause) Details() string {
	var details []string
	var told []string
	for _, result := range c {
		if words := result.words(); !slices.Contains(told, words) {
			told = append(told, words)
			details = append(details, result.ID+": "+strings.TrimSpace(result.Detail))
		}
	}
	if len(details) == 1 {
		return strings.TrimSpace(c[0].Detail)
	}
	return strings.Join(details, "\n")
}
