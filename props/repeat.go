package props

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"temper/props/verdict"
)

// seedVariable is the environment variable with the default of [Seed].
const seedVariable = "TEMPER_SEED"

func defaultSeed() (uint64, error) {
	text, set := os.LookupEnv(seedVariable)
	if !set {
		return uint64(time.Now().UnixNano()), nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s=%q is no seed, a whole number from 0 to 2⁶⁴ − 1", seedVariable, text)
	}
	return seed, nil
}

// repetition is the command for a shell that repeats the sub-test of a law. What rapid drew is
// repeated too: rapid tries the file that it wrote of it first.
func repetition(test string, seed uint64) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return fmt.Sprintf("again, in the folder of the test: %s=%d %s", seedVariable, seed, verdict.CommandLine("go", "test", "-v", "-run", strings.Join(parts, "/")))
}

// inputError is a finding and the input that shows it.
type inputError struct {
	error
	input string
}

func (e inputError) Error() string { return fmt.Sprintf("%v\ninput: %s", e.error, e.input) }

func (e inputError) Unwrap() error { return e.error }

// withInput adds the input to a finding, unless the law has named a part of it.
func withInput(err error, input string) error {
	if errors.As(err, new(inputError)) {
		return err
	}
	return inputError{err, input}
}
