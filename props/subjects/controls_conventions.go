package subjects

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"

	"temper/reference"
)

// conventionControls are right about good rows, and answer bad ones by the
// conventions of libraries in wide use instead of an error.
func conventionControls() []reference.Kernels {
	limits := takingLimits(reference.Scalar)
	return []reference.Kernels{
		named("what IEEE arithmetic makes of bad rows", ieee()),
		named("log-sum-exp of SciPy and gonum, the rest of its definition", fromLogSumExp(limits.LogSumExp)),
		named("limits in place of errors", limits),
		clampedArithmetic(),
	}
}

// ieee checks no row: NaN spreads through the arithmetic.
func ieee() reference.Kernels {
	k := with(func(s *plain) {
		s.check = func([]float32) error { return nil }
		s.uniform = false
		s.scale = func(x, t float64) float64 {
			if math.IsInf(x, -1) {
				return x
			}
			return x / t
		}
		s.greedy = func(row []float32) int {
			if reference.CheckRow(row) != nil {
				return -1
			}
			return argmax(row)
		}
	})
	return reference.Kernels{LogSumExp: k.LogSumExp, LogProbs: k.LogProbs, Anneal: k.Anneal}
}

// fromLogSumExp is logit/T − log-sum-exp, and its exponential: for a row with +Inf
// that is NaN at the place of +Inf and no mass beside it.
func fromLogSumExp(logSumExp func(dst []float64, logits []float32, t float64) error) reference.Kernels {
	logProbs := func(row []float32, t float64) ([]float64, error) {
		logp, lse := make([]float64, len(row)), make([]float64, 1)
		if err := logSumExp(lse, row, t); err != nil {
			return nil, err
		}
		for v, x := range row {
			logp[v] = scaled64(x, t) - lse[0]
		}
		return logp, nil
	}
	k := reference.Kernels{LogSumExp: logSumExp}
	k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
		if t == 0 {
			return reference.Scalar.LogProbs(dst, logits, tokens, t)
		}
		for r, token := range tokens {
			logp, err := logProbs(rowOf(logits, r, len(dst)), t)
			if err == nil {
				err = reference.CheckToken(token, len(logp))
			}
			if err != nil {
				return err
			}
			dst[r] = logp[token]
		}
		return nil
	}
	k.Anneal = func(dst, logits []float32, rows int, t float64) error {
		if t == 0 {
			return reference.Scalar.Anneal(dst, logits, rows, t)
		}
		for r := range rows {
			logp, err := logProbs(rowOf(logits, r, rows), t)
			if err != nil {
				return err
			}
			for v, x := range logp {
				rowOf(dst, r, rows)[v] = float32(math.Exp(x))
			}
		}
		return nil
	}
	return k
}

// takingLimits puts all mass on the token of +Inf (NNlib.jl), none on any token of
// a row without support (masked softmaxes), takes T below 0 for 0 (llama.cpp),
// gives u = 1 the last token, a token outside the vocabulary probability 0 (gonum),
// and does not look at u at T = 0.
func takingLimits(k reference.Kernels) reference.Kernels {
	masked, huge := float32(math.Inf(-1)), float32(math.Inf(1))
	// limit is the good row whose answer is the limit, or an error where there is none.
	limit := func(row []float32) (limit []float32, err error) {
		err = reference.CheckRow(row)
		if errors.Is(err, reference.ErrInf) && !slices.ContainsFunc(row, func(x float32) bool { return x != x }) {
			limit = slices.Repeat([]float32{masked}, len(row))
			limit[slices.Index(row, huge)] = 0
			return limit, nil
		}
		return row, err
	}
	var l reference.Kernels
	l.LogSumExp = func(dst []float64, logits []float32, t float64) error {
		for r := range dst {
			row := rowOf(logits, r, len(dst))
			err := k.LogSumExp(dst[r:r+1], row, t)
			switch _, none := limit(row); {
			case err == nil:
			case !(t > 0) || none != nil && !errors.Is(none, reference.ErrNoSupport):
				return err
			case errors.Is(none, reference.ErrNoSupport):
				dst[r] = math.Inf(-1)
			default:
				dst[r] = math.Inf(1)
			}
		}
		return nil
	}
	l.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
		for r, token := range tokens {
			row, err := limit(rowOf(logits, r, len(dst)))
			if errors.Is(err, reference.ErrNoSupport) || err == nil && reference.CheckToken(token, len(row)) != nil {
				dst[r] = math.Inf(-1)
				continue
			}
			if err == nil {
				err = k.LogProbs(dst[r:r+1], row, tokens[r:r+1], max(t, 0))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	l.Anneal = func(dst, logits []float32, rows int, t float64) error {
		for r := range rows {
			row, err := limit(rowOf(logits, r, rows))
			if errors.Is(err, reference.ErrNoSupport) {
				clear(rowOf(dst, r, rows))
				continue
			}
			if err == nil {
				err = k.Anneal(rowOf(dst, r, rows), row, 1, max(t, 0))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	l.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
		for r := range dst {
			row, err := limit(rowOf(logits, r, len(dst)))
			asked := u[r]
			if asked == 1 {
				asked = 1 - 0x1p-53
			}
			if t <= 0 {
				asked = 0
			}
			if err == nil {
				err = k.Sample(dst[r:r+1], row, []float64{asked}, max(t, 0))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	l.Draw = func(dst []int, logits []float32, src rand.Source, t float64) error {
		for r := range dst {
			row, err := limit(rowOf(logits, r, len(dst)))
			if err == nil {
				err = k.Draw(dst[r:r+1], row, src, max(t, 0))
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	return l
}
