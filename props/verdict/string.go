package verdict

import (
	"fmt"
	"strings"
)

// String returns the report for people. The first line is the verdict, and the second
// says what was tested. Then come what the subject declares that it leaves out, the
// convention of a sampler, how the subject failed if it did, every law that did not hold
// with its claim, its counter-example and the command that tries it again, and what laws
// that held have measured. Laws that seem to have one cause are together. All of it is
// [Printable].
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n%s: %s\n", r.outcome(), r.counts(), r.Subject, r.tried())
	if len(r.Declared) > 0 {
		fmt.Fprintf(&b, "declared: %s\n", strings.Join(r.Declared, "; "))
	}
	if r.Convention != "" {
		fmt.Fprintf(&b, "convention:\n%s", indented(r.Convention))
	}
	if r.Failure != "" {
		fmt.Fprintf(&b, "the subject failed; that breaks no law:\n%s", indented(r.Failure))
	}
	for _, c := range r.Causes() {
		if len(c) == 1 {
			fmt.Fprintf(&b, "broken %s\n%s", c[0].claim(), indented(c.Details()+r.again(c)))
			continue
		}
		fmt.Fprintf(&b, "broken, it seems for one cause:\n")
		for _, result := range c {
			fmt.Fprintf(&b, "  %s\n", result.claim())
		}
		b.WriteString(indented(c.Details() + r.again(c)))
	}
	for _, result := range r.Results {
		if result.Status == Skipped {
			fmt.Fprintf(&b, "skipped %s\n%s", result.claim(), indented(result.Detail))
		}
	}
	if measured := r.measured(); measured != "" {
		fmt.Fprintf(&b, "measured:\n%s", indented(measured))
	}
	if names := r.names(Held); r.Failure != "" && len(names) > 0 {
		fmt.Fprintf(&b, "held before: %s\n", strings.Join(names, ", "))
	}
	if names := r.names(NotTried); len(names) > 0 {
		fmt.Fprintf(&b, "not tried: %s\n", strings.Join(names, ", "))
	}
	return Printable(b.String())
}

// again is a line with the command that tries the first law of a cause again, if there is one.
func (r Report) again(c Cause) string {
	if !strings.Contains(r.Again, "{law}") {
		return ""
	}
	return "\nagain: " + strings.ReplaceAll(r.Again, "{law}", c[0].ID)
}

// measured has a line for every different thing that laws that held say, with these laws.
func (r Report) measured() string {
	var details []string
	laws := map[string][]string{}
	for _, result := range r.Results {
		if result.Status != Held || result.Detail == "" {
			continue
		}
		if laws[result.Detail] == nil {
			details = append(details, result.Detail)
		}
		laws[result.Detail] = append(laws[result.Detail], result.ID)
	}
	for i, detail := range details {
		details[i] = fmt.Sprintf("%s (%s)", detail, strings.Join(laws[detail], ", "))
	}
	return strings.Join(details, "\n")
}

// outcome is the verdict in a word.
func (r Report) outcome() string {
	switch {
	case r.Failure != "":
		return "stopped"
	case r.Err() != nil:
		return "fails"
	}
	return "passes"
}

// counts says how many of the laws that apply held, level by level, and what
// became of those that were neither kept nor broken.
func (r Report) counts() string {
	var levels []string
	for _, level := range []Level{Must, Should} {
		held, skipped, untried := r.Count(level, Held), r.Count(level, Skipped), r.Count(level, NotTried)
		applicable := held + r.Count(level, Broken) + skipped + untried
		if applicable == 0 {
			continue
		}
		words := fmt.Sprintf("%s %d of %d", level, held, applicable)
		if len(levels) == 0 {
			words += " laws held"
		}
		if skipped > 0 {
			words += fmt.Sprintf(" (%d skipped)", skipped)
		}
		if untried > 0 {
			words += fmt.Sprintf(" (%d not tried)", untried)
		}
		levels = append(levels, words)
	}
	if len(levels) == 0 {
		return ErrNothingChecked.Error()
	}
	return strings.Join(levels, ", ")
}

// tried says which laws and inputs these were.
func (r Report) tried() string {
	absent := ""
	if n := len(r.names(NotProvided)); n > 0 {
		absent = fmt.Sprintf(", %d of them not provided", n)
	}
	return fmt.Sprintf("suite %s, %d laws%s, seed %d", r.Suite, len(r.Results), absent, r.Seed)
}

// Count returns how many laws of a level have a status.
func (r Report) Count(level Level, status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Level == level && result.Status == status {
			n++
		}
	}
	return n
}

func (r Report) names(status Status) []string {
	var names []string
	for _, result := range r.Results {
		if result.Status == status {
			names = append(names, result.ID)
		}
	}
	return names
}

func (r Result) claim() string { return fmt.Sprintf("%s (%s): %s", r.ID, r.Level, r.Claim) }

func indented(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	return "    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n"
}
