package server

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

func TestANumberIsOneInEverySpelling(t *testing.T) {
	for text, want := range map[string]float64{
		"10": 10, "10.0": 10, "1e1": 10, "1.0E+1": 10, "-0.0": 0, "0.1e2": 10, `"10"`: 10, "-1e9999": math.Inf(-1), `"-Infinity"`: math.Inf(-1),
		"-0.69314718055994530941723212145817656807550013436025": -math.Ln2,
	} {
		var n number
		if err := json.Unmarshal([]byte(text), &n); err != nil || float64(n) != want {
			t.Errorf("%s is %v, want %v (%v)", text, n, want, err)
		}
	}
	var n number
	if err := json.Unmarshal([]byte(`"NaN"`), &n); err != nil || !math.IsNaN(float64(n)) {
		t.Errorf("NaN as a text is %v (%v)", n, err)
	}
}

func TestAWholeNumberHasNoFraction(t *testing.T) {
	for _, text := range []string{"17", "17.0", "1.7e1", "170E-1", `"17"`} {
		var n whole
		if err := json.Unmarshal([]byte(text), &n); err != nil || n != 17 {
			t.Errorf("%s is %v (%v)", text, n, err)
		}
	}
	for _, text := range []string{"17.5", "1e300", `"end"`, `""`, "true", "[17]", "{}"} {
		var n whole
		if err := json.Unmarshal([]byte(text), &n); err == nil {
			t.Errorf("%s is %v", text, n)
		}
	}
}

func TestAFieldOfAnotherTypeIsNamed(t *testing.T) {
	for body, want := range map[string]string{
		`{"content": "a", "completion_probabilities": [{"token": "a", "id": 1.5}]}`:                       "completion_probabilities.id is 1.5, want an integer",
		`{"content": "a", "completion_probabilities": [{"token": "a", "id": 1, "logprob": "low"}]}`:       `completion_probabilities.logprob is "low", want a number`,
		`{"content": "a", "completion_probabilities": [{"token": "a", "id": 1, "top_logprobs": "none"}]}`: "completion_probabilities.top_logprobs is a text, want a list",
		`{"content": "a", "completion_probabilities": {"token": 3}}`:                                      "want a list",
		`{"content": "a", "completion_probabilities": [{"token": 3}]}`:                                    "completion_probabilities.token is number, want a text",
	} {
		if _, err := (llama{}).decode([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

func TestFieldsThatNoLawNeedsMayBeAnything(t *testing.T) {
	for _, extra := range []string{
		`"usage": "none"`, `"usage": {"completion_tokens": "many"}`, `"usage": null`, `"created": []`, `"usage": {"completion_tokens": 1.5}`,
	} {
		for _, choice := range []string{`"finish_reason": 2`, `"finish_reason": {"type": "length"}`, `"index": "first"`, `"index": null`, `"stop_reason": 7`} {
			body := `{"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}, ` + choice + `}], ` + extra + `}`
			all, err := chat{}.decode([]byte(body))
			if err != nil || len(all) != 1 || all[0].Text != "ab" {
				t.Errorf("%s: %v (%v)", body, all, err)
			}
		}
	}
}

func TestCompletionsAreInTheOrderOfTheirIndices(t *testing.T) {
	for body, want := range map[string]string{
		`{"choices": [{"index": 1, "text": "b"}, {"index": 0, "text": "a"}]}`:     "ab",
		`{"choices": [{"index": "1", "text": "b"}, {"index": 0.0, "text": "a"}]}`: "ab",
		`{"choices": [{"index": 1, "text": "b"}, {"index": 2, "text": "a"}]}`:     "ba",
		`{"choices": [{"index": 0, "text": "b"}, {"index": 0, "text": "a"}]}`:     "ba",
		`{"choices": [{"text": "b"}, {"text": "a"}]}`:                             "ba",
	} {
		all, err := completions{}.decode([]byte(body))
		if err != nil || len(all) != 2 || all[0].Text+all[1].Text != want {
			t.Errorf("%s: %v (%v)", body, all, err)
		}
	}
}
