// Times TensorFlow.js, Transformers.js and ONNX Runtime on one row of logits, as lines
// of Go benchmarks.
//
//     peers.mjs FILE WORKLOAD TEMPERATURE
//
// FILE holds little-endian float32. One thread; a library that is not installed beside
// the adapters of props/process is named on standard error. Before a time is printed
// its answer is compared with float64: "wrong" on standard error, and no line, where
// it is off.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { floating, INT64, integer, integers, model } from "../../../props/process/adapters/onnx.mjs";

const require = createRequire(new URL("../../../props/process/adapters/package.json", import.meta.url));
const [file, workload, T] = process.argv.slice(2);
if (workload.includes("/cut=")) process.exit(); // none of them cuts here
const temperature = Number(T), bytes = readFileSync(file);
const x = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));

const largest = (numbers) => numbers.reduce((a, b) => Math.max(a, b));
const exact = Float64Array.from(x, (l) => l / temperature);
const top = largest(exact), token = exact.indexOf(top);
const lse = top + Math.log(exact.reduce((sum, l) => sum + Math.exp(l - top), 0));
const p = exact.map((l) => Math.exp(l - lse));
const magnitude = Math.max(largest(exact.map((l) => (Number.isFinite(l) ? Math.abs(l) : 0))), Math.abs(lse), 1);
const ulp = 2 ** (Math.floor(Math.log2(magnitude)) - 23); // of float32

// The error of an answer, in ulps. A draw is right if its token is possible.
const off = {
  LogSumExp: (got) => Math.abs(got - lse) / ulp,
  LogProbs: (got) => Math.abs(got - (exact[token] - lse)) / ulp,
  Anneal: (got) => largest(p.map((likely, i) => (likely > 2 ** -100 ? Math.abs(Math.log(got[i] / likely)) : 0))) / ulp,
  Draw: (got) => (p[got] > 0 ? 0 : Infinity),
};

async function median(call, repeats = 7, atLeast = 20) {
  const times = [];
  for (let r = 0; r < repeats; r++) {
    let n = 0;
    const start = performance.now();
    while (n === 0 || performance.now() - start < atLeast) {
      await call();
      n++;
    }
    times.push((performance.now() - start) / n);
  }
  return times.sort((a, b) => a - b)[repeats >> 1];
}

// show prints the time of a call.
async function show(operation, name, call) {
  const distance = off[operation](await call());
  if (!(distance <= 64 + x.length / 256)) {
    console.error(`${name}: ${operation} is wrong by ${distance.toPrecision(3)} ulps, not timed`);
    return;
  }
  const ns = (await median(call)) * 1e6, error = operation === "Draw" ? "" : `\t${distance.toPrecision(3)} ulps`;
  console.log(`Benchmark${operation}/${workload}/impl=${name}\t1\t${ns.toFixed(0)} ns/op\t${(ns / x.length).toFixed(5)} ns/logit${error}`);
}

async function tfjs(tf) {
  tf.enableProdMode(); // without it the first line is an advertisement
  await tf.setBackend("cpu");
  const y = tf.tensor2d(x, [1, x.length]), scaled = () => y.div(tf.scalar(temperature));
  const run = (call) => () => tf.tidy(() => call().dataSync());
  const one = (call) => { const all = run(call); return () => all()[0]; };
  await show("LogSumExp", "tfjs", one(() => scaled().logSumExp(1)));
  await show("LogProbs", "tfjs", one(() => scaled().logSoftmax().slice([0, token], [1, 1])));
  await show("Anneal", "tfjs", run(() => scaled().softmax()));
  await show("Draw", "tfjs", one(() => tf.multinomial(scaled(), 1)));
}

async function transformers({ log_softmax, random, softmax, TemperatureLogitsWarper, Tensor }) {
  const warp = new TemperatureLogitsWarper(temperature), tokens = [...x.keys()];
  const scaled = () => warp([], new Tensor("float32", x.slice(), [1, x.length])).data;
  await show("LogProbs", "transformers.js", () => log_softmax(scaled())[token]);
  await show("Anneal", "transformers.js", () => softmax(scaled()));
  await show("Draw", "transformers.js", () => random.choices(tokens, softmax(scaled())));
}

async function onnx(ort) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 4 }, t = Math.fround(temperature);
  const answer = async (...node) => {
    const session = await ort.InferenceSession.create(model(...node), options);
    return async () => (await session.run({ x: new ort.Tensor("float32", x.map((l) => l / t), [1, x.length]) })).y.data;
  };
  const at = (all, i) => async () => (await all())[i];
  await show("LogSumExp", "onnxruntime", at(await answer("ReduceLogSumExp", [integers("axes", [1])]), 0));
  await show("LogProbs", "onnxruntime", at(await answer("LogSoftmax", [integer("axis", 1)]), token));
  await show("Anneal", "onnxruntime", await answer("Softmax", [integer("axis", 1)]));
  const attributes = [integer("dtype", INT64), integer("sample_size", 1), floating("seed", 1)];
  await show("Draw", "onnxruntime", at(await answer("Multinomial", attributes, INT64), 0));
}

for (const [library, time] of [["@tensorflow/tfjs", tfjs], ["@huggingface/transformers", transformers], ["onnxruntime-node", onnx]]) {
  let loaded;
  try {
    loaded = require(library);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    console.error(`not measured: ${library} is not installed (npm ci --prefix props/process/adapters)`);
    continue;
  }
  await time(loaded);
}
