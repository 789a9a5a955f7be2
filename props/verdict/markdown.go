package verdict

import (
	"fmt"
	"strings"
)

// Markdown is the report for a pull request: what the subject declares that it
// leaves out, a table of counts by level, then every law that did not hold with its claim and its counter-example.
func (r Report) Markdown() string {
	var b strings.Builder
	held, applicable, total := r.Coverage()
	outcome := "every Must law that applies held"
	if err := r.Err(); err != nil {
		outcome = Escape(strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	fmt.Fprintf(&b, "### %s: %d of %d applicable laws held\n\n", Escape(r.Subject), held, applicable)
	fmt.Fprintf(&b, "temper suite %s, %d laws, seed %d: %s\n\n", r.Suite, total, r.Seed, outcome)
	if len(r.Declared) > 0 {
		fmt.Fprintf(&b, "Declared: %s.\n\n", Escape(strings.Join(r.Declared, "; ")))
	}
	b.WriteString("| level | held | broken | skipped | not provided |\n|---|--:|--:|--:|--:|\n")
	for _, level := range []Level{Must, Should} {
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d |\n", level,
			r.count(level, Held), r.count(level, Broken), r.count(level, Skipped), r.count(level, NotProvided))
	}
	for _, result := range r.Results {
		if result.Status != Broken && result.Status != Skipped {
			continue
		}
		fmt.Fprintf(&b, "\n**%s** %s (%s): %s\n", result.Status, Code(result.Law), result.Level, Escape(result.Claim))
		if detail := strings.TrimSpace(result.Detail); detail != "" {
			fmt.Fprintf(&b, "\n%s\n", Fence(detail))
		}
	}
	return b.String()
}

func (r Report) count(level Level, status Status) int {
	n := 0
	for _, result := range r.Results {
		if result.Level == level && result.Status == status {
			n++
		}
	}
	return n
}
