package process

import (
	"os/exec"
	"testing"
)

// Each adapter in JavaScript calls one package; plain_adapter.mjs calls none, so that
// what they share is tried wherever Node is.
func TestShippedNodeAdaptersAnswerEverydayQuestions(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: starts Node")
	}
	t.Parallel()
	if err := exec.Command("node", "--version").Run(); err != nil {
		t.Skipf("NOT TESTED: no node here: %v", err)
	}
	for file, module := range map[string]string{
		"plain_adapter.mjs":                "",
		"tfjs_adapter.mjs":                 "@tensorflow/tfjs",
		"transformers_adapter.mjs":         "@huggingface/transformers",
		"transformers_sampler_adapter.mjs": "@huggingface/transformers",
		"ort_adapter.mjs":                  "onnxruntime-node",
		"mathjs_adapter.mjs":               "mathjs",
	} {
		t.Run(file, func(t *testing.T) {
			if module != "" {
				find := exec.Command("node", "--input-type=module", "--eval", "import.meta.resolve('"+module+"')")
				find.Dir = "adapters"
				if find.Run() != nil {
					t.Skipf("NOT TESTED: node finds no %s: npm ci --prefix props/process/adapters", module)
				}
			}
			answers(t, "node", "adapters/"+file)
		})
	}
}

func TestShippedRAdapterAnswersEverydayQuestions(t *testing.T) {
	if testing.Short() {
		t.Skip("not short: starts R")
	}
	if exec.Command("Rscript", "-e", "library(jsonlite); library(matrixStats)").Run() != nil {
		t.Skip("NOT TESTED: no Rscript here with jsonlite and matrixStats")
	}
	answers(t, "Rscript", "adapters/r_adapter.R")
}

func answers(t *testing.T, command, file string) {
	t.Helper()
	p, err := Start(command, file)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	switch p.hello.kind() {
	case sampler:
		everydaySampler(t, p.Sampler())
	case verifier:
		everydayVerifier(t, p.Verifier())
	default:
		everyday(t, p.Kernels())
	}
}
