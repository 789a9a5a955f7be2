package verdict

import (
	"errors"
	"fmt"
)

// Badge is the answer of an endpoint of shields.io: published as JSON, it makes
// the picture at https://img.shields.io/endpoint?url=….
type Badge struct {
	SchemaVersion int    `json:"schemaVersion"` // always 1
	Label         string `json:"label"`         // "temper v2"
	Message       string `json:"message"`       // "55/57 laws", held of applicable
	Color         string `json:"color"`
}

// Badge is brightgreen when every law that applies held, green when every Must
// law did, red when one did not, and grey when nothing was checked.
func (r Report) Badge() Badge {
	held, applicable, _ := r.Coverage()
	return Badge{
		SchemaVersion: 1,
		Label:         "temper " + r.Suite,
		Message:       fmt.Sprintf("%d/%d laws", held, applicable),
		Color:         r.color(),
	}
}

func (r Report) color() string {
	switch err := r.Err(); {
	case errors.Is(err, ErrNothingChecked):
		return "lightgrey"
	case err != nil:
		return "red"
	case r.ErrStrict() != nil:
		return "green"
	}
	return "brightgreen"
}
