package verdict

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

//go:embed report.schema.json
var schema string

// Schema returns the JSON Schema (2020-12) of a report.
func Schema() string { return schema }

// MarshalJSON writes the report as [Schema] describes it: its own fields, and the
// coverage. The seed is a string, because many readers of JSON hold numbers in 53 bits.
func (r Report) MarshalJSON() ([]byte, error) {
	type coverage struct {
		Held       int `json:"held"`
		Applicable int `json:"applicable"`
		Total      int `json:"total"`
	}
	type fields Report // without this method
	var counted coverage
	counted.Held, counted.Applicable, counted.Total = r.Coverage()
	if r.Results == nil {
		r.Results = []Result{}
	}
	return json.Marshal(struct {
		fields
		Coverage coverage `json:"coverage"`
	}{fields(r), counted})
}

// MarshalText returns "Must" or "Should".
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (l *Level) UnmarshalText(text []byte) error {
	for _, known := range []Level{Must, Should} {
		if string(text) == known.String() {
			*l = known
			return nil
		}
	}
	return fmt.Errorf("level %q is neither Must nor Should", text)
}
