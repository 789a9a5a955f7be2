package report

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
)

const jsonFile, markdownFile = "report.json", "report.md"

// Files returns the names of the files that Write writes.
func Files() []string { return []string{jsonFile, markdownFile} }

// Write writes report.json and report.md to a folder.
func (r *Report) Write(dir string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, jsonFile), append(text, '\n'), 0o644); err != nil {
		return err
	}
	markdown, err := os.Create(filepath.Join(dir, markdownFile))
	if err != nil {
		return err
	}
	return errors.Join(r.writeMarkdown(markdown), markdown.Close())
}

// Read reads the report.json of a folder. A Number that was not finite is read as 0.
func Read(dir string) (*Report, error) {
	text, err := os.ReadFile(filepath.Join(dir, jsonFile))
	if err != nil {
		return nil, err
	}
	r := new(Report)
	return r, json.Unmarshal(text, r)
}
