// Package verdict says what came of checking a subject against the laws. It
// needs nothing of what checks, so that commands can read reports without it.
package verdict

import (
	"errors"
	"fmt"
	"strings"
)

// Level says how much a law requires.
type Level int

const (
	// Must laws state what every correct implementation does, whatever its style.
	Must Level = iota
	// Should laws state the rest of the contract: a broken one is reported, and
	// fails nobody but the implementations of this module.
	Should
)

func (l Level) String() string {
	if l == Must {
		return "Must"
	}
	return "Should"
}

// Status says what became of one law.
type Status string

const (
	Held        Status = "held"
	Broken      Status = "broken"
	Skipped     Status = "skipped"
	NotProvided Status = "not provided"
	NotTried    Status = "not tried" // the subject failed before
)

// Law is what a report says about a law.
type Law struct {
	ID    string `json:"law"`   // "Sample/InverseCDF"
	Claim string `json:"claim"` // the property in words
	Level Level  `json:"level"`
}

// Result is the result of one law.
type Result struct {
	Law
	Status Status `json:"status"`
	Inputs int    `json:"inputs"`           // how many inputs were tried
	Detail string `json:"detail,omitempty"` // the counter-example of a broken law, the reason of one that was not tried, what was measured of one that held

	Evidence *Evidence `json:"evidence,omitempty"` // of a law that bets on draws which are new in every run; nil for the others
}

// Evidence is what the bets of one run are worth. The mean of exp(LogE) over the sources of
// randomness is at most 1 where the law holds, for every bet. So it is for the product over
// runs with different seeds, and for the mean over bets of such products, which therefore
// reaches 1/α with probability at most α. Runs with the same seed have the same draws, and
// their numbers must not be multiplied.
type Evidence struct {
	Draws int    `json:"draws"` // tokens that were bet on
	Bets  []Bet  `json:"bets"`
	Paths []Path `json:"paths,omitempty"` // one for each e-process of the law
}

// Bet is a defect with a name, "it is as if the temperature is ignored", and the logarithm
// of its e-value.
type Bet struct {
	Defect string  `json:"defect"`
	LogE   float64 `json:"logE"` // nats
}

// Path is how the evidence of an e-process went, all its bets together. Where the law holds, it
// reaches Bound with probability at most exp(−Bound), however long it goes on. One that
// reaches it breaks the law.
type Path struct {
	Of     string  `json:"of,omitempty"` // which e-process of the law, where it has several
	Bound  float64 `json:"bound"`        // ln(1/α), nats
	Points []Point `json:"points"`
}

// Point is the logarithm of the e-value after so many draws.
type Point struct {
	Draws int     `json:"draws"`
	LogE  float64 `json:"logE"` // nats
}

// Report is the verdict of a whole suite on one subject.
type Report struct {
	Suite      string   `json:"suite"` // version of the laws
	Subject    string   `json:"subject"`
	Seed       uint64   `json:"seed,string"`          // what the random inputs came from
	Strict     bool     `json:"strict,omitempty"`     // Should laws are held to like Must laws
	Declared   []string `json:"declared,omitempty"`   // what the subject declares that it leaves out, "T = 0 is not provided"
	Convention string   `json:"convention,omitempty"` // of a sampler: the one declared, and the one found by asking, in some lines
	Again      string   `json:"again,omitempty"`      // the command line for a shell that tries one law again on the same inputs, {law} in place of its ID, or a server again; "" if none does
	Failure    string   `json:"failure,omitempty"`    // how the subject failed, if it did: the laws after that were not tried
	Results    []Result `json:"results"`
}

// The reasons of [Report.Err], for [errors.Is].
var (
	ErrBroken         = errors.New("broken")
	ErrSkipped        = errors.New("skipped")
	ErrFailed         = errors.New("the subject failed")
	ErrNothingChecked = errors.New("nothing was checked")
)

// Err returns nil if every Must law that applies held, and in a strict report every
// Should law too. Otherwise its error names the laws that were broken (ErrBroken) or
// skipped (ErrSkipped), or says that the subject failed before all were tested
// (ErrFailed), or that nothing was tested at all (ErrNothingChecked).
func (r Report) Err() error {
	if r.Strict {
		return r.errAt(Should)
	}
	return r.errAt(Must)
}

// ErrStrict is Err with the Should laws required too.
func (r Report) ErrStrict() error {
	return r.errAt(Should)
}

func (r Report) errAt(highest Level) error {
	var errs []error
	for _, kind := range []struct {
		status Status
		reason error
	}{{Broken, ErrBroken}, {Skipped, ErrSkipped}} {
		var names []string
		for _, result := range r.Results {
			if result.Status == kind.status && result.Level <= highest {
				names = append(names, result.ID)
			}
		}
		if len(names) > 0 {
			errs = append(errs, fmt.Errorf("%s: %w: %s", r.Subject, kind.reason, strings.Join(names, ", ")))
		}
	}
	if r.Failure != "" {
		first, _, _ := strings.Cut(r.Failure, "\n")
		errs = append(errs, fmt.Errorf("%s: %w: %s", r.Subject, ErrFailed, first))
	}
	if held, _, _ := r.Coverage(); held == 0 && len(errs) == 0 {
		return fmt.Errorf("%s: %w", r.Subject, ErrNothingChecked)
	}
	return errors.Join(errs...)
}

// Coverage returns the number of laws that held, of those that apply to what the subject
// provides, and of all.
func (r Report) Coverage() (held, applicable, total int) {
	for _, result := range r.Results {
		switch result.Status {
		case Held:
			held++
			applicable++
		case Broken, Skipped, NotTried:
			applicable++
		}
	}
	return held, applicable, len(r.Results)
}
