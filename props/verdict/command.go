package verdict

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Writer returns how a command writes a report in a format: text, markdown, json or badge.
func Writer(format string) (func(Report) (string, error), error) {
	switch format {
	case "text":
		return func(r Report) (string, error) { return r.String(), nil }, nil
	case "markdown":
		return func(r Report) (string, error) { return r.Markdown(), nil }, nil
	case "json":
		return func(r Report) (string, error) { return indentedJSON(r) }, nil
	case "badge":
		return func(r Report) (string, error) { return indentedJSON(r.Badge()) }, nil
	}
	return nil, fmt.Errorf("format %q is none of text, markdown, json and badge", format)
}

func indentedJSON(value any) (string, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return string(text), err
}

// ExitStatus is what a command exits with: 0 if [Report.Err] is nil, 1 if a law is broken,
// and 2 if the subject failed, or nothing is broken and not all was tried.
func (r Report) ExitStatus() int {
	switch err := r.Err(); {
	case err == nil:
		return 0
	case errors.Is(err, ErrBroken) && !errors.Is(err, ErrFailed):
		return 1
	}
	return 2
}
