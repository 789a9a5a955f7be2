// mathjs's pickRandom with weights behind the protocol of temper, called as
// documented; what is wrong with its answers is left so. The weights are this file's
// softmax: exp and max of mathjs, in float64. A temperature below 0 is refused; 0 and
// infinity are not provided.
import { all, create } from "mathjs";
import { rowsOf, serve } from "./temper.mjs";

const math = create(all);

function weights(row, temperature) {
  if (!(temperature >= 0)) throw Error("ErrTemperature: below 0 or NaN");
  const largest = math.max([...row]);
  return Array.from(row, (x) => math.exp((x - largest) / temperature));
}

await serve({ name: `mathjs ${math.version}`, without: ["T = 0", "T = Infinity"] }, {
  Draw: (q) => {
    math.config({ randomSeed: String(q.seed) });
    return rowsOf(q).flatMap((row) => math.pickRandom([...row.keys()], q.draws, weights(row, q.temperature)));
  },
});
