package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"temper/props/verdict"
)

// result is what came of an element.
type result struct {
	element
	verdict.Result
}

// errCutShort is a line without its end.
var errCutShort = errors.New("cut short")

// String is the result as a line: the element, status, inputs, evidence and detail in JSON, and
// a checksum of all of it.
func (r result) String() string {
	evidence, err := json.Marshal(r.Evidence)
	if err != nil {
		panic(fmt.Sprintf("%v: %v", r.element, err)) // numbers that are not finite would be a mistake of the laws
	}
	line := fmt.Sprintf("%v\t%s\t%d\t%s\t%s", r.element, r.Status, r.Inputs, evidence, quoted(r.Detail))
	return line + "\t" + checksum(line)
}

// quoted is a text as JSON, in one line without tabs.
func quoted(text string) string {
	line, _ := json.Marshal(text) // a string can always be written
	return string(line)
}

func checksum(line string) string {
	return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(line)))
}

const resultFields = 9

// parseResult reads a line. A line with fewer fields, or a shorter checksum, is cut short;
// anything else that does not fit is an error of its own.
func parseResult(line string) (result, error) {
	fields := strings.Split(line, "\t")
	last := fields[len(fields)-1]
	if len(fields) < resultFields || len(fields) == resultFields && len(last) < 8 {
		return result{}, errCutShort
	}
	body := strings.TrimSuffix(line, "\t"+last)
	if len(fields) != resultFields || last != checksum(body) {
		return result{}, errors.New("its checksum does not fit")
	}
	e, err := parseElement(strings.Join(fields[:4], "\t"))
	r := result{element: e}
	r.ID, r.Status = e.law, verdict.Status(fields[4])
	inputs, inputsErr := strconv.Atoi(fields[5])
	r.Inputs = inputs
	return r, errors.Join(err, inputsErr, json.Unmarshal([]byte(fields[6]), &r.Evidence), json.Unmarshal([]byte(fields[7]), &r.Detail))
}
