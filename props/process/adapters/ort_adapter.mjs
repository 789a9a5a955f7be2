// ONNX Runtime's ReduceLogSumExp, LogSoftmax, Softmax and Multinomial (CPU) behind the
// protocol of temper, called as documented; what is wrong with their answers is left
// so. The temperature is this file's: it divides in float32 and is refused below 0; the
// library has no answer at 0 and infinity.
import ort from "onnxruntime-node";
import { floating, INT64, integer, integers, model } from "./onnx.mjs";
import { picked, serve } from "./temper.mjs";

const session = (...node) => ort.InferenceSession.create(model(...node), { intraOpNumThreads: 1, logSeverityLevel: 4 });
const logSumExp = await session("ReduceLogSumExp", [integers("axes", [1]), integer("keepdims", 0)]);
const logSoftmax = await session("LogSoftmax", [integer("axis", 1)]);
const softmax = await session("Softmax", [integer("axis", 1)]);

async function run(node, q) {
  if (!(q.temperature >= 0)) throw Error("ErrTemperature: below 0 or NaN");
  const scaled = q.logits.map((x) => x / Math.fround(q.temperature));
  const { y } = await node.run({ x: new ort.Tensor("float32", scaled, [q.rows, q.vocab]) });
  return y.data;
}

// The number of draws and the seed, a float32, are part of a model.
async function draw(q) {
  const attributes = [integer("dtype", INT64), integer("sample_size", q.draws), floating("seed", q.seed % 2 ** 24)];
  const node = await session("Multinomial", attributes, INT64);
  try {
    return await run(node, q);
  } finally {
    await node.release();
  }
}

await serve({ name: `ONNX Runtime ${ort.env.versions.node}`, without: ["T = 0", "T = Infinity"] }, {
  LogSumExp: (q) => run(logSumExp, q),
  LogProbs: async (q) => picked(q, await run(logSoftmax, q)),
  Anneal: (q) => run(softmax, q),
  Draw: draw,
});
