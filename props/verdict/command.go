package verdict

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
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

// CommandLine returns the words of a command as a line for a shell, in quotes where they
// need them: cat 'my file'.
func CommandLine(words ...string) string {
	line := make([]string, len(words))
	for i, word := range words {
		if line[i] = word; word == "" || strings.Trim(word, plain) != "" {
			line[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(line, " ")
}

// plain are the characters that mean themselves to every shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_"

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
