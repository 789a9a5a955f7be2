// The sampler of Transformers.js, as its generate() puts it together, behind the protocol of
// temper: TemperatureLogitsWarper, topk, softmax, random.choices. What is wrong with their
// answers is left so; topP and minP are not read, as there. T = 0 is topk of one, greedy
// decoding; T = Infinity is this file's.
import { env, log_softmax, random, softmax, TemperatureLogitsWarper, Tensor, topk } from "@huggingface/transformers";
import { serve } from "./temper.mjs";

// left is the tokens that top-k leaves, the most probable first, and their logits.
async function left({ logits, temperature, topK }) {
  const row = temperature === Infinity ? logits.map((x) => (x > -Infinity ? 0 : x)) : logits;
  const x = new Tensor("float32", row, [1, row.length]);
  const greedy = temperature === 0, warp = new TemperatureLogitsWarper(greedy || temperature === Infinity ? 1 : temperature);
  const [scores, tokens] = await topk(warp([], x), greedy ? 1 : topK > 0 ? Math.min(topK, row.length) : row.length);
  return { scores: scores.data, tokens: Array.from(tokens.data, Number) };
}

await serve({ name: `Transformers.js ${env.version}`, convention: "transformers.js" }, {
  "Sampler.Keep": async (q) => {
    const { scores, tokens } = await left(q);
    return Array.from(q.logits, (_, v) => scores[tokens.indexOf(v)] > -Infinity);
  },
  "Sampler.LogProbs": async (q) => {
    const { scores, tokens } = await left(q), logp = log_softmax(scores);
    if (!(q.token >= 0 && q.token < q.logits.length)) throw Error("ErrToken: outside the vocabulary");
    return tokens.includes(q.token) ? logp[tokens.indexOf(q.token)] : -Infinity;
  },
  "Sampler.Draw": async (q) => {
    const { scores, tokens } = await left(q);
    random.seed(q.seed);
    return random.choices(tokens, softmax(scores));
  },
});
