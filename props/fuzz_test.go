package props

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"temper/props/operation"
	"temper/reference"
	"temper/reference/sequence"

	"pgregory.net/rapid"
)

// Fuzzing lets the coverage of the subject, and not chance, decide which inputs
// come next. The bytes choose a law of the operation and the input that it is
// tried on; every law counts, as the reference keeps all.
//
//	go test ./props -run '^$' -fuzz '^FuzzAnneal$' -fuzztime 20000x -fuzzminimizetime 10x

func FuzzLogSumExp(f *testing.F) { fuzzKernel(f, operation.LogSumExp) }
func FuzzLogProbs(f *testing.F)  { fuzzKernel(f, operation.LogProbs) }
func FuzzAnneal(f *testing.F)    { fuzzKernel(f, operation.Anneal) }
func FuzzSample(f *testing.F)    { fuzzKernel(f, operation.Sample) }
func FuzzDraw(f *testing.F)      { fuzzKernel(f, operation.Draw) }

func FuzzScorer(f *testing.F)    { fuzz(f, sequence.Scorer(sequence.LogProb), scorerLaws()) }
func FuzzGenerator(f *testing.F) { fuzz(f, sequence.Generator(sequence.Generate), generatorLaws()) }
func FuzzModel(f *testing.F)     { fuzz(f, sequence.Model(knownModels(1)[0]), modelLaws()) }

// fuzzKernel tries the laws of one operation.
func fuzzKernel(f *testing.F, op operation.Operation) {
	var laws []Law
	for _, law := range kernelLaws() {
		if law.Applies == partOf(op).words {
			laws = append(laws, law)
		}
	}
	fuzz(f, reference.Scalar, laws)
}

// fuzz tries the laws that draw inputs; those with witnesses alone leave nothing
// to choose.
func fuzz(f *testing.F, subject any, all []Law) {
	var laws []Law
	for _, law := range all {
		if law.inputs != nil {
			laws = append(laws, law)
		}
	}
	for seed := range uint64(len(laws)) {
		f.Add(words(seed, 1024))
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		law := laws[rapid.IntRange(0, len(laws)-1).Draw(t, "law")]
		if err := law.try(subject, law.inputs.Draw(t, "input"), time.Minute); err != nil {
			t.Fatal(law.broken(err))
		}
	}))
}

// words are random bytes, enough for any input.
func words(seed uint64, n int) []byte {
	r := rand.NewPCG(seed, 0)
	var bytes []byte
	for range n {
		bytes = binary.LittleEndian.AppendUint64(bytes, r.Uint64())
	}
	return bytes
}
