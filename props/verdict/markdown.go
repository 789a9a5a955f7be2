package verdict

import (
	"fmt"
	"strings"
)

// Markdown returns the report for a pull request: the verdict, what the subject declares
// that it leaves out, the convention of a sampler, how the subject failed if it did, a
// table of counts by level, every law that did not hold with its claim, its
// counter-example and the command that tries it again, and what laws that held have measured. Laws that seem to have one
// cause are together.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s %s: %s\n\ntemper %s\n\n", Escape(r.Subject), r.outcome(), r.counts(), Escape(r.tried()))
	if len(r.Declared) > 0 {
		fmt.Fprintf(&b, "Declared: %s.\n\n", Escape(strings.Join(r.Declared, "; ")))
	}
	if r.Convention != "" {
		fmt.Fprintf(&b, "Convention:\n\n%s\n\n", Fence(r.Convention))
	}
	if r.Failure != "" {
		fmt.Fprintf(&b, "The subject **failed**; that breaks no law:\n\n%s\n\n", Fence(r.Failure))
	}
	b.WriteString("| level | held | broken | skipped | not tried | not provided |\n|---|--:|--:|--:|--:|--:|\n")
	for _, level := range []Level{Must, Should} {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d |\n", level, r.Count(level, Held), r.Count(level, Broken),
			r.Count(level, Skipped), r.Count(level, NotTried), r.Count(level, NotProvided))
	}
	for _, c := range r.Causes() {
		if len(c) == 1 {
			fmt.Fprintf(&b, "\n**broken** %s\n", c[0].markdown())
		} else {
			b.WriteString("\n**broken**, it seems for one cause:\n\n")
			for _, result := range c {
				fmt.Fprintf(&b, "- %s\n", result.markdown())
			}
		}
		fmt.Fprintf(&b, "\n%s\n", Fence(c.Details()+r.again(c)))
	}
	for _, result := range r.Results {
		if result.Status == Skipped {
			fmt.Fprintf(&b, "\n**skipped** %s\n\n%s\n", result.markdown(), Fence(result.Detail))
		}
	}
	if measured := r.measured(); measured != "" {
		fmt.Fprintf(&b, "\n**measured**\n\n%s\n", Fence(measured))
	}
	if names := r.names(Held); r.Failure != "" && len(names) > 0 {
		fmt.Fprintf(&b, "\n**held before** %s\n", Escape(strings.Join(names, ", ")))
	}
	if names := r.names(NotTried); len(names) > 0 {
		fmt.Fprintf(&b, "\n**not tried** %s\n", Escape(strings.Join(names, ", ")))
	}
	return b.String()
}

func (r Result) markdown() string {
	return fmt.Sprintf("%s (%s): %s", Code(r.ID), r.Level, Escape(r.Claim))
}
