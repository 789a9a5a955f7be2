package subjects

import (
	"slices"

	"temper/props"
	"temper/props/verdict"
)

// Bug is an implementation with one thing wrong. Suite is the name of what is tested, as in
// [Control]; Group is the kind of the bug, Source is where it was published ("derived" if it
// stands for its kind), and Cause is what is wrong, in words that differ within a suite. Check
// runs the suite on it: a law of Level or below must be broken.
type Bug struct {
	Suite, Group, Source, Cause string
	Level                       verdict.Level
	Check                       func(opts ...props.Option) verdict.Report
}

// Bugs returns the planted bugs of every suite, always in the same order. Some remember what
// they were asked, so that each call makes them anew.
func Bugs() []Bug {
	return slices.Concat(
		bugs("Kernels", kernelMutants(), props.CheckKernels),
		bugs("Kernels with declarations", declaringMutants(), checkDeclaring),
		bugs("Model", modelMutants(), props.CheckModel),
		bugs("Scorer", scorerMutants(), props.CheckScorer),
		bugs("Generator", generatorMutants(), props.CheckGenerator),
		bugs("SequenceAnnealer", annealerMutants(), props.CheckSequenceAnnealer),
		bugs("Sampler", samplerMutants(), props.CheckSampler),
		bugs("Verifier", verifierMutants(), props.CheckVerifier),
	)
}

func bugs[S any](suite string, mutants []mutant[S], check func(S, ...props.Option) verdict.Report) []Bug {
	var all []Bug
	for _, m := range mutants {
		all = append(all, Bug{suite, m.group, m.source, m.cause, m.level,
			func(opts ...props.Option) verdict.Report { return check(m.subject, opts...) }})
	}
	return all
}

// A mutant is something correct with one thing wrong: a bug that was published,
// or one that stands for its kind. It must be caught by a law of the level that
// what it was made from keeps: plain keeps the Must laws, the reference all.
type mutant[S any] struct {
	group, source, cause string
	subject              S
	level                verdict.Level
}
