// Transformers.js's TemperatureLogitsWarper, softmax, log_softmax and random.choices
// behind the protocol of temper, called as documented; what is wrong with their
// answers is left so. Its documentation asks for a temperature above 0, and for greedy
// decoding in place of 0; 0 and infinity are not provided here.
import { env, log_softmax, random, softmax, TemperatureLogitsWarper, Tensor } from "@huggingface/transformers";
import { picked, rowsOf, serve } from "./temper.mjs";

function scaled(q) {
  const warp = new TemperatureLogitsWarper(q.temperature);
  return rowsOf(q).map((row) => warp([], new Tensor("float32", row, [1, row.length])).data);
}

await serve({ name: `Transformers.js ${env.version}`, without: ["T = 0", "T = Infinity"] }, {
  LogProbs: (q) => picked(q, scaled(q).flatMap((row) => [...log_softmax(row)])),
  Anneal: (q) => scaled(q).flatMap((row) => [...softmax(row)]),
  Draw: (q) => {
    random.seed(q.seed);
    return scaled(q).flatMap((row) => {
      const tokens = [...row.keys()], p = softmax(row);
      return Array.from({ length: q.draws }, () => random.choices(tokens, p));
    });
  },
});
