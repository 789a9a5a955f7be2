// Softmax in plain JavaScript, in float64, behind the protocol of temper: a skeleton
// to copy. Put calls of your functions in place of those in operations, and leave
// out the operations that you do not have.
import { picked, rowsOf, serve } from "./temper.mjs";

// scaled is a row divided by the temperature, shifted so that the largest is 0.
function scaled(row, temperature) {
  if (!(temperature >= 0)) throw Error("ErrTemperature: below 0 or NaN");
  const largest = row.reduce((a, b) => Math.max(a, b)); // NaN where a logit is NaN
  if (Number.isNaN(largest)) throw Error("ErrNaN: a logit is NaN");
  if (largest === Infinity) throw Error("ErrInf: a logit is +Inf");
  if (largest === -Infinity) throw Error("ErrNoSupport: every logit is -Inf");
  const first = row.indexOf(largest);
  if (temperature === 0) return Array.from(row, (_, i) => (i === first ? 0 : -Infinity));
  return Array.from(row, (x) => (x === -Infinity ? x : (x - largest) / temperature));
}

const total = (weights) => weights.reduce((a, b) => a + b, 0);

function softmax(row, temperature) {
  const weights = scaled(row, temperature).map(Math.exp), sum = total(weights);
  return weights.map((w) => w / sum);
}

function logSoftmax(row, temperature) {
  const x = scaled(row, temperature), log = Math.log(total(x.map(Math.exp)));
  return x.map((y) => y - log);
}

// token is the first i with u·total < w(0) + … + w(i).
function token(row, temperature, u) {
  if (!(u >= 0 && u < 1)) throw Error("ErrDraw: u is outside [0, 1)");
  const weights = scaled(row, temperature).map(Math.exp), bound = u * total(weights);
  let sum = 0;
  return weights.findIndex((w) => (sum += w) > bound);
}

// uniform draws numbers in [0, 1) by SplitMix64, whose state begins with the seed.
function* uniform(seed) {
  for (let state = BigInt(seed); ; ) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let z = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    yield Number((z ^ (z >> 31n)) >> 11n) * 2 ** -53;
  }
}

await serve({ name: "plain JavaScript" }, {
  LogProbs: (q) => picked(q, rowsOf(q).flatMap((row) => logSoftmax(row, q.temperature))),
  Anneal: (q) => rowsOf(q).flatMap((row) => softmax(row, q.temperature)),
  Sample: (q) => rowsOf(q).map((row, r) => token(row, q.temperature, q.u[r])),
  Draw: (q) => {
    const random = uniform(q.seed), next = () => random.next().value;
    return rowsOf(q).flatMap((row) => Array.from({ length: q.draws }, () => token(row, q.temperature, next())));
  },
});
