package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// number is a number of JSON however it is written: 10, 1e1, -0.0, or -1e9999, which is
// −Inf. A string with a number is one too: the JSON of protocol buffers writes -Infinity
// and all integers of 64 bits so. Anything else is a *json.UnmarshalTypeError.
type number float64

func (n *number) UnmarshalJSON(text []byte) error {
	x, err := readNumber(text)
	if err != nil {
		return &json.UnmarshalTypeError{Value: words(text), Type: reflect.TypeFor[number]()}
	}
	*n = number(x)
	return nil
}

// whole is a number without a fraction, however it is written: 17, 17.0 and 1.7e1 are one
// number. A number with a fraction, and one beyond ±2⁵³, is a *json.UnmarshalTypeError.
type whole int

func (n *whole) UnmarshalJSON(text []byte) error {
	x, err := readNumber(text)
	if err != nil || x != math.Trunc(x) || math.Abs(x) > 1<<53 {
		return &json.UnmarshalTypeError{Value: words(text), Type: reflect.TypeFor[whole]()}
	}
	*n = whole(x)
	return nil
}

// hint is a whole number that no law needs. What is none is as if it were not there.
type hint struct {
	is bool
	n  int
}

func (h *hint) UnmarshalJSON(text []byte) error {
	var n whole
	if string(text) != "null" && n.UnmarshalJSON(text) == nil {
		*h = hint{true, int(n)}
	}
	return nil
}

// readNumber reads a number, or a string with one. null is 0.
func readNumber(text []byte) (float64, error) {
	digits := string(text)
	if digits == "null" {
		return 0, nil
	}
	if strings.HasPrefix(digits, `"`) {
		if err := json.Unmarshal(text, &digits); err != nil {
			return 0, err
		}
	}
	x, err := strconv.ParseFloat(digits, 64)
	if errors.Is(err, strconv.ErrRange) {
		err = nil // x is infinite
	}
	return x, err
}

// content is a text, or parts of one, {"type": "text", "text": …}. is reports whether the
// field is there; null is an empty text.
type content struct {
	is   bool
	text string
}

func (c *content) UnmarshalJSON(text []byte) error {
	c.is = true
	if len(text) == 0 || text[0] != '[' {
		return json.Unmarshal(text, &c.text)
	}
	var parts []struct {
		Text string `json:"text"`
	}
	err := json.Unmarshal(text, &parts)
	for _, p := range parts {
		c.text += p.Text
	}
	return err
}

// reason is why an answer ended: a text, or an object with a type. Others are "".
type reason string

func (r *reason) UnmarshalJSON(text []byte) error {
	var typed struct {
		Type string `json:"type"`
	}
	var plain string
	if json.Unmarshal(text, &plain) == nil {
		*r = reason(plain)
	} else if json.Unmarshal(text, &typed) == nil {
		*r = reason(typed.Type)
	}
	return nil
}

// mistyped says which field has a value that it cannot have.
func mistyped(err *json.UnmarshalTypeError) string {
	want := map[reflect.Type]string{reflect.TypeFor[number](): "a number", reflect.TypeFor[whole](): "an integer"}[err.Type]
	if want == "" {
		want = map[reflect.Kind]string{reflect.String: "a text", reflect.Slice: "a list", reflect.Map: "an object", reflect.Struct: "an object", reflect.Bool: "true or false"}[err.Type.Kind()]
	}
	field := err.Field
	if field == "" {
		field = "it"
	}
	is := err.Value
	if is == "string" {
		is = "a text"
	}
	return fmt.Sprintf("%s is %s, want %s", field, is, want)
}
