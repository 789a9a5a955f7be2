// Package verdict holds the result of testing a subject by the laws. It imports nothing
// of the packages that test, so that commands can read reports without them.
package verdict

import (
	"errors"
	"fmt"
)

// Badge is the JSON that an endpoint of shields.io returns. If it is published,
// https://img.shields.io/endpoint?url=… shows it as a picture.
type Badge struct {
	SchemaVersion int    `json:"schemaVersion"` // always 1
	Label         string `json:"label"`         // "temper v2"
	Message       string `json:"message"`       // "55/57 laws", held of applicable
	Color         string `json:"color"`
}

// Badge returns a badge that is brightgreen if every law that applies held, green if
// every Must law did, red if one did not, and grey if nothing was tested.
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
