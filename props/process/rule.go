package process

import (
	"bytes"
	"encoding/json"
	"fmt"

	"temper/reference/sequence"
)

// readRule reads the rule of a greeting: the name of one of package sequence, an object
// with the name and the settings of one that has settings, or an object without a name,
// which says of a rule that is not known only whether it is lossy.
func readRule(text json.RawMessage, program string) (sequence.Rule, error) {
	var name string
	if json.Unmarshal(text, &name) == nil {
		return ruleNamed(name)
	}
	var fields struct {
		Name                      string
		Threshold, Epsilon, Delta *float64
		Lossy                     bool
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // a misspelt one would count as not given
	if err := decoder.Decode(&fields); err != nil {
		return sequence.Rule{}, fmt.Errorf("its rule is neither a name nor the fields of one (%w): %s", err, brief(text))
	}
	var rule sequence.Rule
	threshold, epsilon, delta := fields.Threshold != nil, fields.Epsilon != nil, fields.Delta != nil
	switch {
	case fields.Name == treeRule && threshold && !epsilon && !delta && !fields.Lossy:
		rule = sequence.TreeRule(*fields.Threshold)
	case fields.Name == typicalRule && epsilon && delta && !threshold && !fields.Lossy:
		rule = sequence.TypicalRule(*fields.Epsilon, *fields.Delta)
	case fields.Name == "" && !threshold && !epsilon && !delta:
		return sequence.Rule{Name: program, Lossy: fields.Lossy}, nil
	default:
		return rule, fmt.Errorf("its rule is neither %q with threshold, nor %q with epsilon and delta, nor lossy alone: %s", treeRule, typicalRule, brief(text))
	}
	_, err := rule.Outcomes(sequence.Draft{P: [][]float64{{1}}}) // refuses settings outside their range
	return rule, err
}

// The rules that have settings.
const (
	treeRule    = "tree"
	typicalRule = "typical acceptance"
)

// ruleNamed is the rule without settings that has this name.
func ruleNamed(name string) (sequence.Rule, error) {
	var names []string
	for _, rule := range []sequence.Rule{sequence.RejectionRule(), sequence.OneHotRule(), sequence.SamplerMatchRule(), sequence.BlockRule()} {
		if rule.Name == name {
			return rule, nil
		}
		names = append(names, rule.Name)
	}
	return sequence.Rule{}, fmt.Errorf("its rule %q is none of %s; for %q and %q give the settings, for another one leave it out, or say {\"lossy\": true}", name, quoted(names), treeRule, typicalRule)
}
