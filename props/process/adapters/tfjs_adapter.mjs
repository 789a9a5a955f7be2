// TensorFlow.js's logSumExp, logSoftmax, softmax and multinomial (CPU backend) behind
// the protocol of temper, called as documented; what is wrong with their answers is
// left so. The temperature is this file's: it divides in float32 and is refused below
// 0; the library has no answer at 0 and infinity.
import tf from "@tensorflow/tfjs";
import { picked, serve } from "./temper.mjs";

await tf.setBackend("cpu");

function scaled(q) {
  if (!(q.temperature >= 0)) throw Error("ErrTemperature: below 0 or NaN");
  return tf.tensor2d(q.logits, [q.rows, q.vocab]).div(tf.scalar(q.temperature));
}

const numbers = (call) => (q) => tf.tidy(() => call(q, scaled(q)).dataSync());

const logSoftmax = numbers((q, x) => x.logSoftmax());

await serve(
  {
    name: `TensorFlow.js ${tf.version.tfjs}`,
    without: ["T = 0", "T = Infinity"],
    smallestVocab: 2, // "you need at least 2 outcomes", says multinomial
  },
  {
    LogSumExp: numbers((q, x) => x.logSumExp(1)),
    LogProbs: (q) => picked(q, logSoftmax(q)),
    Anneal: numbers((q, x) => x.softmax()),
    Draw: numbers((q, x) => tf.multinomial(x, q.draws, q.seed)),
  },
);
