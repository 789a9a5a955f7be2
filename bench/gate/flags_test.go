//go:build unix

package main

import "testing"

func TestMarginIsReadAsShareOrPercent(t *testing.T) {
	for text, want := range map[string]float64{"3%": 0.03, "0.03": 0.03, "0": 0} {
		if got, err := parseMargin(text); got != want || err != nil {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "%", "-1%", "100%", "NaN", "3 %"} {
		if got, err := parseMargin(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
