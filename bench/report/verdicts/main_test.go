package main

import (
	"strings"
	"testing"
)

func TestEveryReportHasAFileOfItsOwn(t *testing.T) {
	files := map[string]bool{}
	for _, s := range subjects() {
		if s.name == "" || files[s.id()] {
			t.Errorf("the file of %q is written twice, or has no name", s.id())
		}
		files[s.id()] = true
	}
	if len(files) < 10 {
		t.Errorf("%d implementations", len(files))
	}
}

func TestOneLawIsTriedOnOneImplementation(t *testing.T) {
	r, err := one("sampler-heap", "Sampler/Lowest")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Results) != 1 || r.Results[0].ID != "Sampler/Lowest" || r.Subject != "heap" {
		t.Errorf("%d laws on %s", len(r.Results), r.Subject)
	}
	if want := "go run ./bench/report/verdicts -of sampler-heap -law {law}"; r.Again != want {
		t.Errorf("again: %q, want %q", r.Again, want)
	}
	for _, want := range []string{"declared: ", "follows llama.cpp"} {
		if !strings.Contains(r.Convention, want) {
			t.Errorf("the convention lacks %q:\n%s", want, r.Convention)
		}
	}
	if _, err := one("heap", ""); err == nil || !strings.Contains(err.Error(), "sampler-heap") {
		t.Errorf("an unknown name: %v", err)
	}
}
