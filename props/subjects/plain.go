package subjects

import (
	"fmt"
	"math"
	"math/rand/v2"

	"temper/reference"
)

// plain is an implementation of all five operations that is as plain as can be,
// in float64, every step of it a function: a planted bug is plain with one step
// replaced. It keeps every Must law, and makes no attempt at the Should laws.
type plain struct {
	guard   func(t float64) error                                   // refuses what is no temperature
	adjust  func(t float64) float64                                 // what becomes of the temperature
	row     func(logits []float32, r, vocab int) []float32          // where row r lies
	check   func(row []float32) error                               // refuses bad rows
	token   func(token, vocab int) error                            // refuses tokens
	u       func(u float64) (float64, error)                        // refuses uniform numbers
	greedy  func(row []float32) int                                 // the token at T = 0, or −1 to go on as ever
	uniform bool                                                    // T = +Inf has a road of its own
	scale   func(x, t float64) float64                              // logit / T
	top     func(scaled []float64) float64                          // what is taken out of the exponents
	exp     func(x float64) float64                                 //
	sum     func(weights []float64, r int) float64                  // of row r
	logp    func(scaled, top, total float64) float64                // log-probability of one token
	choose  func(p []float64, u float64) int                        // the inverse distribution function
	noise   func(src rand.Source) float64                           // a uniform number
	draw    func(p []float64, src rand.Source, one plain) int       // the sampler of Draw
	after   func(logits []float32, scaled []float64, row []float32) // what happens once a row is answered
}

func newPlain() plain {
	return plain{
		guard:   reference.CheckTemperature,
		adjust:  func(t float64) float64 { return t },
		row:     func(logits []float32, r, vocab int) []float32 { return logits[r*vocab : (r+1)*vocab] },
		check:   reference.CheckRow[float32],
		token:   reference.CheckToken,
		u:       func(u float64) (float64, error) { return u, reference.CheckUniform(u) },
		greedy:  argmax,
		uniform: true,
		scale:   func(x, t float64) float64 { return x / t },
		top:     maximum,
		exp:     math.Exp,
		sum:     func(weights []float64, r int) float64 { return sum(weights) },
		logp:    func(scaled, top, total float64) float64 { return scaled - top - math.Log(total) },
		choose:  firstAbove,
		noise:   reference.Uniform,
		draw:    func(p []float64, src rand.Source, one plain) int { return one.choose(p, one.noise(src)) },
		after:   func([]float32, []float64, []float32) {},
	}
}

// distribution is one row on its way from logits to probabilities.
type distribution struct {
	scaled     []float64
	top, total float64
	p          []float64
}

// anneal makes the distribution of row r.
func (s plain) anneal(logits []float32, r, vocab int, t float64) (distribution, error) {
	row := s.row(logits, r, vocab)
	if err := s.check(row); err != nil {
		return distribution{}, err
	}
	d := distribution{scaled: make([]float64, len(row)), p: make([]float64, len(row))}
	for v, x := range row {
		d.scaled[v] = s.scale(float64(x), t)
		if math.IsInf(t, 1) && s.uniform && !math.IsInf(float64(x), -1) {
			d.scaled[v] = 0
		} else if math.IsInf(t, 1) && s.uniform {
			d.scaled[v] = math.Inf(-1)
		}
	}
	d.top = s.top(d.scaled)
	for v, y := range d.scaled {
		d.p[v] = s.exp(y - d.top)
	}
	d.total = s.sum(d.p, r)
	for v := range d.p {
		d.p[v] /= d.total
	}
	if greedy := s.greedy(row); t == 0 && greedy >= 0 {
		clear(d.p)
		d.p[greedy] = 1
	}
	s.after(logits, d.scaled, row)
	return d, nil
}

// kernels puts the steps together.
func (s plain) kernels() reference.Kernels {
	rows := func(logits []float32, rows int, t float64, answer func(r int, d distribution, t float64) error) error {
		if err := s.guard(t); err != nil {
			return err
		}
		t = s.adjust(t)
		vocab, err := reference.Vocab(len(logits), rows)
		if err != nil {
			return err
		}
		for r := range rows {
			d, err := s.anneal(logits, r, vocab, t)
			if err == nil {
				err = answer(r, d, t)
			}
			if err != nil {
				return fmt.Errorf("row %d: %w", r, err)
			}
		}
		return nil
	}
	return reference.Kernels{
		Name: "plain", Available: true,
		LogSumExp: func(dst []float64, logits []float32, t float64) error {
			if t == 0 {
				return reference.ErrTemperature
			}
			return rows(logits, len(dst), t, func(r int, d distribution, t float64) error {
				dst[r] = d.top + math.Log(d.total)
				return nil
			})
		},
		LogProbs: func(dst []float64, logits []float32, tokens []int, t float64) error {
			return rows(logits, len(dst), t, func(r int, d distribution, t float64) error {
				if err := s.token(tokens[r], len(d.p)); err != nil {
					return err
				}
				dst[r] = s.logp(d.scaled[tokens[r]], d.top, d.total)
				if t == 0 && s.greedy != nil {
					dst[r] = math.Log(d.p[tokens[r]])
				}
				return nil
			})
		},
		Anneal: func(dst, logits []float32, n int, t float64) error {
			return rows(logits, n, t, func(r int, d distribution, t float64) error {
				for v, p := range d.p {
					dst[r*len(d.p)+v] = float32(p)
				}
				return nil
			})
		},
		Sample: func(dst []int, logits []float32, u []float64, t float64) error {
			return rows(logits, len(dst), t, func(r int, d distribution, t float64) error {
				u, err := s.u(u[r])
				if err == nil {
					dst[r] = s.choose(d.p, u)
				}
				return err
			})
		},
		Draw: func(dst []int, logits []float32, src rand.Source, t float64) error {
			return rows(logits, len(dst), t, func(r int, d distribution, t float64) error {
				dst[r] = s.draw(d.p, src, s)
				return nil
			})
		},
	}
}

func argmax(row []float32) int {
	best := 0
	for v, x := range row {
		if x > row[best] {
			best = v
		}
	}
	return best
}

func maximum(row []float64) float64 {
	largest := math.Inf(-1)
	for _, x := range row {
		largest = math.Max(largest, x)
	}
	return largest
}

func sum(weights []float64) float64 {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	return total
}

// firstAbove is the first token with u < F(i), the last with mass where rounding
// leaves none.
func firstAbove(p []float64, u float64) int {
	running, last := 0.0, 0
	for v, x := range p {
		if x == 0 {
			continue
		}
		last = v
		if running += x; u < running {
			break
		}
	}
	return last
}
