package subjects

import (
	"slices"

	"temper/props"
	"temper/props/verdict"
	"temper/reference"
)

// Control is a correct implementation in a style of its own. Suite is the name of what is
// tested, as in [props.Law]'s Applies, for example "Kernels" or "Sampler". Check runs the suite on it: no
// Must law may be broken.
type Control struct {
	Suite, Name string
	Check       func(opts ...props.Option) verdict.Report
}

// Controls returns the controls of every suite, always in the same order.
func Controls() []Control {
	var all []Control
	for _, k := range kernelControls() {
		all = append(all, Control{"Kernels", k.Name, func(opts ...props.Option) verdict.Report { return props.CheckKernels(k, opts...) }})
	}
	for _, s := range cutControls() {
		all = append(all, Control{"Sampler", "sampler: " + s.Name, func(opts ...props.Option) verdict.Report { return props.CheckSampler(s, opts...) }})
	}
	return append(all, chainControls()...)
}

// kernelControls are correct kernels, each in a style of its own.
func kernelControls() []reference.Kernels {
	return slices.Concat(numberControls(), drawControls(), conventionControls(),
		[]reference.Kernels{exactSampler(), subtractingSampler()})
}

// named gives an implementation the name of its style.
func named(style string, k reference.Kernels) reference.Kernels {
	k.Name, k.Available = style, true
	return k
}

// byRow is an implementation given by what it says of one good row. It answers
// row after row and gives up at the first bad one; a nil field is not provided.
type byRow struct {
	logSumExp func(row []float32, t float64) float64
	logProb   func(row []float32, token int, t float64) float64
	anneal    func(dst, row []float32, t float64)
	sample    func(row []float32, u, t float64) int
}

func (b byRow) kernels() reference.Kernels {
	var k reference.Kernels
	if b.logSumExp != nil {
		k.LogSumExp = func(dst []float64, logits []float32, t float64) error {
			if t == 0 {
				return reference.ErrTemperature
			}
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				dst[r] = b.logSumExp(row, t)
				return nil
			})
		}
	}
	if b.logProb != nil {
		k.LogProbs = func(dst []float64, logits []float32, tokens []int, t float64) error {
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				if err := reference.CheckToken(tokens[r], len(row)); err != nil {
					return err
				}
				dst[r] = b.logProb(row, tokens[r], t)
				return nil
			})
		}
	}
	if b.anneal != nil {
		k.Anneal = func(dst, logits []float32, rows int, t float64) error {
			return eachRow(logits, rows, t, func(r int, row []float32) error {
				b.anneal(dst[r*len(row):(r+1)*len(row)], row, t)
				return nil
			})
		}
	}
	if b.sample != nil {
		k.Sample = func(dst []int, logits []float32, u []float64, t float64) error {
			return eachRow(logits, len(dst), t, func(r int, row []float32) error {
				if err := reference.CheckUniform(u[r]); err != nil {
					return err
				}
				dst[r] = b.sample(row, u[r], t)
				return nil
			})
		}
	}
	return k
}

// eachRow answers rows up to the first that is bad.
func eachRow(logits []float32, rows int, t float64, answer func(r int, row []float32) error) error {
	if err := reference.CheckTemperature(t); err != nil {
		return err
	}
	vocab, err := reference.Vocab(len(logits), rows)
	if err != nil {
		return err
	}
	for r := range rows {
		row := logits[r*vocab : (r+1)*vocab]
		if err := reference.CheckRow(row); err != nil {
			return err
		}
		if err := answer(r, row); err != nil {
			return err
		}
	}
	return nil
}
