package process

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"

	"temper/reference"
)

// fakeConvention is that of the fake samplers.
const fakeConvention = "transformers"

// greetSampler changes a greeting into that of a sampler with a defect.
func greetSampler(greeting *hello, defect string) {
	greeting.Operations = samplerOperations()
	declare := func(convention string) { greeting.Convention = json.RawMessage(convention) }
	declare(`"` + fakeConvention + `"`)
	switch defect {
	case "declares null", "keeps one token fewer", "dies in a sampler call":
		declare("null")
	case "declares another preset":
		declare(`"mlx-lm"`)
	case "declares an unknown preset":
		declare(`"vllm"`)
	case "declares fields":
		declare(`{"order": ["Temper", "TopK", "TopP", "MinP"], "tiesAtK": true, "greedyBelow": 0}`)
	case "declares a misspelt field":
		declare(`{"order": ["Temper", "TopK"], "tieAtK": true}`)
	case "declares a step twice":
		declare(`{"order": ["TopK", "Temper", "TopK"]}`)
	case "declares an unknown step":
		declare(`{"order": ["Temper", "TopA"]}`)
	case "declares no steps":
		declare(`{"order": []}`)
	case "declares a number":
		declare("7")
	case "declares to be greedy below 2":
		declare(`{"order": ["Temper"], "greedyBelow": 2}`)
	case "leaves out T = 0":
		greeting.Without = []string{"T = 0"}
	case "is a sampler of the first version":
		greeting.Protocol = "temper/1"
	case "is both":
		greeting.Operations = append(greeting.Operations, "Draw")
	case "has a convention and no sampler":
		greeting.Operations = []string{"Draw"}
	case "samples without top-p and min-p":
		greeting.Convention = nil
	case "only draws":
		greeting.Operations, greeting.Convention = []string{samplerDraw}, nil
	}
}

// cut is the answer of a fake sampler to a question.
func cut(defect string, q question) map[string]any {
	c, err := conventionNamed(fakeConvention)
	if err != nil {
		panic(err)
	}
	logits, how := unpack[float32](q.Logits), settingsOf(q)
	switch defect {
	case "dies in a sampler call":
		os.Stderr.WriteString("terminate called: nth_element\n")
		os.Exit(134)
	case "samples without top-p and min-p":
		c.Order = []reference.Step{reference.Temper, reference.TopK}
	case "keeps one token fewer":
		for i := range how {
			how[i].TopK = max(how[i].TopK-1, min(how[i].TopK, 1))
		}
	}
	s := reference.ScalarSampler(c)
	kept, nats, drawn := make([]bool, len(logits)), make([]float64, q.Rows), make([]int, q.Rows)
	reply := map[string]any{"id": q.ID}
	switch q.Operation {
	case samplerKeep:
		err = s.Keep(kept, logits, how)
		marks := make([]byte, len(kept))
		for i, in := range kept {
			if in {
				marks[i] = 255 // any number but 0 is true
			}
		}
		if defect == "answers for half of the tokens" {
			marks = marks[:len(marks)/2]
		}
		reply["answer"] = marks
	case samplerLogProbs:
		err = s.LogProbs(nats, logits, ints(q.Tokens), how)
		if defect == "answers NaN" {
			nats[0] = math.NaN()
		}
		reply["answer"] = pack(nats)
	case samplerSample:
		err = s.Sample(drawn, logits, unpack[float64](q.U), how)
		reply["answer"] = pack(wide(drawn))
	case samplerDraw:
		err = s.Draw(drawn, logits, rand.NewPCG(q.Seed, 0), how)
		reply["answer"] = pack(wide(drawn))
	}
	return withErrors(reply, err)
}

// settingsOf reads the settings of every row.
func settingsOf(q question) []reference.Sampling {
	temperatures, topK := unpack[float64](q.Temperatures), ints(q.TopK)
	topP, minP := unpack[float64](q.TopP), unpack[float64](q.MinP)
	how := slices.Repeat([]reference.Sampling{{}}, q.Rows)
	for r := range how {
		how[r] = reference.Sampling{Temperature: temperatures[r], TopK: topK[r], TopP: topP[r], MinP: minP[r]}
	}
	return how
}
