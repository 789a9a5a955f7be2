package process

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"

	"temper/reference/sequence"
)

// greetVerifier changes a greeting into that of a verifier with a defect.
func greetVerifier(greeting *hello, defect string) {
	greeting.Protocol, greeting.Operations = "temper/3", verifierOperations()
	declare := func(rule string) { greeting.Rule = json.RawMessage(rule) }
	declare(`"rejection"`)
	switch defect {
	case "takes trees":
		declare(`{"name": "tree", "threshold": 1}`)
	case "is typical acceptance":
		declare(`{"name": "typical acceptance", "epsilon": 0.3, "delta": 0.09}`)
	case "is lossy":
		declare(`{"lossy": true}`)
	case "declares null":
		declare("null")
	case "declares an unknown rule":
		declare(`"speculative"`)
	case "declares a tree by its name":
		declare(`"tree"`)
	case "declares a tree without its threshold":
		declare(`{"name": "tree"}`)
	case "declares a threshold of 2":
		declare(`{"name": "tree", "threshold": 2}`)
	case "declares a misspelt field":
		declare(`{"lossless": false}`)
	case "declares a number":
		declare("7")
	case "leaves out T = 0":
		greeting.Without = []string{"T = 0"}
	case "is a verifier of the second version":
		greeting.Protocol = "temper/2"
	case "is both":
		greeting.Operations = append(greeting.Operations, samplerDraw)
	case "has a rule and no verifier":
		greeting.Operations = []string{"Draw"}
	case "has a convention":
		declare("null")
		greeting.Convention = json.RawMessage(`"mlx-lm"`)
	case "only draws":
		greeting.Operations = []string{verifierDraw}
	}
}

// verified is the answer of a fake verifier to a question.
func verified(defect string, q question) map[string]any {
	rule := sequence.RejectionRule()
	switch defect {
	case "takes trees":
		rule = sequence.TreeRule(1)
	case "is typical acceptance", "is lossy", "accepts what is typical":
		rule = sequence.TypicalRule(0.3, 0.09)
	case "dies in a call of a verifier":
		os.Stderr.WriteString("device-side assert triggered\n")
		os.Exit(134)
	}
	all, u := unpackDrafts(q)
	dst := make([][]int, q.Rows)
	var err error
	if q.Operation == verifierVerify {
		err = rule.Verifier().Verify(dst, all, u)
	} else {
		err = rule.Verifier().Draw(dst, all, rand.NewPCG(q.Seed, 0))
	}
	var numbers []int
	for _, tokens := range dst {
		numbers = append(append(numbers, len(tokens)), tokens...)
	}
	switch defect {
	case "returns no tokens":
		numbers = make([]int, q.Rows)
	case "ends early":
		numbers = numbers[:0]
	case "counts too many":
		numbers[0] = 1000
	case "counts below 0":
		numbers[0] = -1
	case "has numbers left":
		numbers = append(numbers, 7)
	}
	packed := pack(wide(numbers))
	if defect == "has half a number" {
		packed = packed[:len(packed)-4]
	}
	return withErrors(map[string]any{"id": q.ID, "answer": packed}, err)
}

// unpackDrafts reads the drafts of a question, and the numbers u if it has them.
func unpackDrafts(q question) (all []sequence.Draft, u [][]float64) {
	d := q.Drafts
	counts, tokens, parents := ints(d.Counts), ints(d.Tokens), ints(d.Parents)
	p, rows, numbers := unpack[float64](d.P), unpack[float64](d.Q), unpack[float64](q.U)
	take := func(from *[]float64, count int) (rows [][]float64) {
		rows = [][]float64{}
		for range count {
			rows, *from = append(rows, (*from)[:d.Vocab]), (*from)[d.Vocab:]
		}
		return rows
	}
	for s, n := range counts {
		draft := sequence.Draft{Tokens: tokens[:n], Parents: parents[:n], P: take(&p, n+1)}
		if d.Random[s] != 0 {
			draft.Q = take(&rows, n)
		}
		tokens, parents = tokens[n:], parents[n:]
		all = append(all, draft)
		if len(q.U) > 0 {
			u, numbers = append(u, numbers[:n+1]), numbers[n+1:]
		}
	}
	if len(p)+len(rows)+len(tokens)+len(numbers) > 0 {
		panic(errors.New("the question has numbers behind its drafts"))
	}
	return all, u
}
