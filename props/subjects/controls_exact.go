package subjects

import (
	"cmp"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sort"

	"temper/reference"
)

// exactSampler returns the smallest token i with u < F(i), where F is the exact
// distribution function of the logits and of T: no rounding ever decides. Sums in
// float64 with a bound on their error settle nearly every question, and big
// arithmetic the others.
func exactSampler() reference.Kernels {
	return inverting("exact sampler", func(row []float32, t float64) func(u float64) int {
		e := newExactRow(row, t)
		return e.token
	})
}

// subtractingSampler takes weights off u·Σw until what is left is below 0, as the
// samplers of Transformers.js and of mathjs do.
func subtractingSampler() reference.Kernels {
	return inverting("subtracting loop", func(row []float32, t float64) func(u float64) int {
		weights := make([]float64, len(row))
		last := 0
		top := slices.Max(row)
		for v, x := range row {
			if weights[v] = math.Exp(exponent(x, top, t)); weights[v] > 0 {
				last = v
			}
		}
		total := sum(weights)
		return func(u float64) int {
			left := u * total
			for v, w := range weights {
				if left -= w; left < 0 {
					return v
				}
			}
			return last
		}
	})
}

// exponent is (x − top)/T in float64.
func exponent(x, top float32, t float64) float64 {
	switch {
	case x == top:
		return 0
	case math.IsInf(float64(x), -1):
		return math.Inf(-1)
	case math.IsInf(t, 1):
		return 0
	}
	return (float64(x) - float64(top)) / t
}

// inverting provides Sample and Draw by a way to invert the distribution function
// of a row, which is prepared once for rows alike that follow each other.
func inverting(style string, prepare func(row []float32, t float64) func(u float64) int) reference.Kernels {
	rows := func(dst []int, logits []float32, t float64, uniform func(r int) (float64, error)) error {
		var before []float32
		var invert func(u float64) int
		return eachRow(logits, len(dst), t, func(r int, row []float32) error {
			u, err := uniform(r)
			if err != nil {
				return err
			}
			if t == 0 {
				dst[r] = argmax(row)
				return nil
			}
			if !slices.Equal(row, before) {
				before, invert = row, prepare(row, t)
			}
			dst[r] = invert(u)
			return nil
		})
	}
	return named(style, reference.Kernels{
		Sample: func(dst []int, logits []float32, u []float64, t float64) error {
			if len(u) != len(dst) {
				return reference.ErrShape
			}
			return rows(dst, logits, t, func(r int) (float64, error) { return u[r], reference.CheckUniform(u[r]) })
		},
		Draw: func(dst []int, logits []float32, src rand.Source, t float64) error {
			return rows(dst, logits, t, func(int) (float64, error) { return reference.Uniform(src), nil })
		},
	})
}

// exactRow is a row whose distribution function is compared with numbers, exactly.
type exactRow struct {
	row     []float32
	t       float64
	running []float64 // Σ_{v ≤ i} exp((x_v − top)/T) in float64
	wrong   float64   // how far a running sum may be from the exact one

	logits []float32               // the distinct ones above −Inf, descending
	group  []int                   // which of them a token has, −1 where it is masked
	powers map[powerKey]*big.Float // exp((logits[g] − logits[from])/T)
}

type powerKey struct {
	group, from int
	precision   uint
}

// newExactRow bounds the error of w = exp(y) by w·(4 − y)·2⁻⁵¹, for y is right to
// 2⁻⁵² relatively and exp to an ulp.
func newExactRow(row []float32, t float64) *exactRow {
	e := &exactRow{row: row, t: t, running: make([]float64, len(row))}
	top := slices.Max(row)
	total := 0.0
	for v, x := range row {
		y := exponent(x, top, t)
		w := math.Exp(y)
		total += w
		e.running[v] = total
		if w > 0 {
			e.wrong += w * (-y + 4) * 0x1p-51
		}
		e.wrong += 0x1p-1000 // what underflows
	}
	e.wrong += float64(len(row)) * total * 0x1p-52
	return e
}

// token is the smallest i with u < F(i).
func (e *exactRow) token(u float64) int {
	n := len(e.running)
	goal := u * e.running[n-1]
	margin := 4 * e.wrong
	// Below from, F(i) ≤ u for certain; at to and above, u < F(i).
	from := sort.Search(n, func(i int) bool { return e.running[i]-goal >= -margin })
	to := sort.Search(n, func(i int) bool { return e.running[i]-goal > margin })
	return from + sort.Search(min(to, n-1)-from, func(i int) bool { return e.below(u, from+i) })
}

// below says whether u < F(i). With c_g = #{v ≤ i in g} − u·#{v in g} for every
// group g of equal logits, that is Σ_g c_g·exp(y_g) > 0. The c_g are exact. If
// they are all 0, so is the sum; otherwise it is not 0, for the exponentials of
// distinct rational numbers are linearly independent over the rational numbers
// (Lindemann and Weierstrass), and enough bits settle its sign.
func (e *exactRow) below(u float64, i int) bool {
	e.groups()
	upTo, all := make([]int64, len(e.logits)), make([]int64, len(e.logits))
	for v, g := range e.group {
		if g < 0 {
			continue
		}
		if all[g]++; v <= i {
			upTo[g]++
		}
	}
	coefficients := make([]*big.Float, len(e.logits))
	first := -1
	for g := range coefficients {
		share := new(big.Float).SetPrec(1200).Mul(big.NewFloat(u), new(big.Float).SetInt64(all[g]))
		coefficients[g] = new(big.Float).SetPrec(1200).Sub(new(big.Float).SetInt64(upTo[g]), share)
		if first < 0 && coefficients[g].Sign() != 0 {
			first = g
		}
	}
	if first < 0 {
		return false
	}
	for precision := uint(128); precision <= 1<<12; precision *= 2 {
		total := new(big.Float).SetPrec(precision)
		for g := first; g < len(e.logits); g++ {
			total.Add(total, new(big.Float).SetPrec(precision).Mul(coefficients[g], e.power(g, first, precision)))
		}
		// Every term is right to 2^(40−precision)·(tokens of its group).
		wrong := new(big.Float).SetMantExp(big.NewFloat(float64(len(e.row))), 40-int(precision))
		if new(big.Float).Abs(total).Cmp(wrong) > 0 {
			return total.Sign() > 0
		}
	}
	panic("4096 bits do not decide")
}

// groups sorts the tokens by their logits.
func (e *exactRow) groups() {
	if e.logits != nil {
		return
	}
	sorted := slices.Clone(e.row)
	slices.SortFunc(sorted, func(a, b float32) int { return cmp.Compare(b, a) })
	e.logits = slices.DeleteFunc(slices.Compact(sorted), func(x float32) bool { return math.IsInf(float64(x), -1) })
	if math.IsInf(e.t, 1) {
		e.logits = e.logits[:1]
	}
	e.group, e.powers = make([]int, len(e.row)), map[powerKey]*big.Float{}
	for v, x := range e.row {
		e.group[v] = sort.Search(len(e.logits), func(g int) bool { return e.logits[g] <= x })
		switch {
		case math.IsInf(float64(x), -1):
			e.group[v] = -1
		case math.IsInf(e.t, 1):
			e.group[v] = 0
		}
	}
}

// power is exp(y_g − y_from), at most 1, within 2^(32−precision).
func (e *exactRow) power(g, from int, precision uint) *big.Float {
	key := powerKey{g, from, precision}
	if known, ok := e.powers[key]; ok {
		return known
	}
	power := new(big.Float).SetPrec(precision)
	if exponent(e.logits[g], e.logits[from], e.t) > -float64(precision) { // below that, 0 is near enough
		y := new(big.Float).SetPrec(precision + 64).SetFloat64(float64(e.logits[g]))
		y.Quo(y.Sub(y, big.NewFloat(float64(e.logits[from]))), big.NewFloat(e.t))
		power = bigExp(y, precision)
	}
	e.powers[key] = power
	return power
}

// bigExp is exp(y) for −2¹² ≤ y ≤ 0 by the Taylor series of exp(y/2^24), squared
// 24 times, each of which doubles the relative error.
func bigExp(y *big.Float, precision uint) *big.Float {
	const halvings = 24
	working := precision + 64
	small := new(big.Float).SetPrec(working).SetMantExp(y, -halvings)
	result, term := new(big.Float).SetPrec(working).SetInt64(1), new(big.Float).SetPrec(working).SetInt64(1)
	for k := int64(1); term.Sign() != 0 && term.MantExp(nil) > -int(working); k++ {
		term.Quo(term.Mul(term, small), new(big.Float).SetPrec(working).SetInt64(k))
		result.Add(result, term)
	}
	for range halvings {
		result.Mul(result, result)
	}
	return result.SetPrec(precision)
}
