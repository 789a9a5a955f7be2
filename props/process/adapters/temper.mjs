// The part of an adapter in JavaScript that is the same for every library: it reads
// questions, decodes arrays, and writes answers. The protocol is the comment of
// package process (../doc.go).
import { createInterface } from "node:readline";

const decode = (text, Kind) => {
  const bytes = Buffer.from(text, "base64");
  return new Kind(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
};
const encode = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
// What a library returns in place of a token, undefined or NaN, is sent as −1, which is
// outside every vocabulary.
const token = (t) => (typeof t === "bigint" ? t : BigInt(Number.isInteger(t) ? t : -1));
const tokens = (answer) => BigInt64Array.from(answer, token);
const packed = {
  LogSumExp: (numbers) => Float64Array.from(numbers),
  LogProbs: (numbers) => Float64Array.from(numbers),
  Anneal: (numbers) => Float32Array.from(numbers),
  Sample: tokens,
  Draw: tokens,
  "Sampler.Keep": (kept) => Uint8Array.from(kept),
  "Sampler.LogProbs": (numbers) => Float64Array.from(numbers),
  "Sampler.Sample": tokens,
  "Sampler.Draw": tokens,
};

// serve answers questions until standard input ends. greeting is the first line but for
// its protocol and operations: the name, and what is left out. operations are
// functions, some of them async, that take a question with its numbers decoded (logits
// is a Float32Array of rows × vocab, tokens are an array of numbers, u is a
// Float64Array) and return an array of numbers. An Error that one throws refuses the
// question; a TypeError or ReferenceError, such as a misspelt name causes, is a bug of
// the adapter and ends it. The operations of a sampler are functions of one row (see byRow).
export async function serve(greeting, operations) {
  console.log(JSON.stringify({ protocol: "temper/2", ...greeting, operations: Object.keys(operations) }));
  for await (const line of createInterface({ input: process.stdin })) {
    const q = JSON.parse(line), operation = operations[q.operation];
    const logits = decode(q.logits, Float32Array);
    const question = {
      ...q,
      logits,
      vocab: logits.length / q.rows,
      temperature: Number(q.temperature),
      tokens: q.tokens && Array.from(decode(q.tokens, BigInt64Array), Number),
      u: q.u && decode(q.u, Float64Array),
    };
    let reply;
    try {
      const { answer, errors } = q.temperatures ? await byRow(question, operation) : { answer: await operation(question) };
      reply = { answer: encode(packed[q.operation](answer)), errors };
    } catch (error) {
      reply = { error: reasonOf(error) };
    }
    console.log(JSON.stringify({ id: q.id, ...reply }));
  }
}

const reasonOf = (error) => {
  if (error instanceof TypeError || error instanceof ReferenceError) throw error;
  return error.message;
};

// byRow asks an operation of a sampler about one row after the other: its logits, its
// settings (temperature, topK, topP, minP), its token or u, and a seed of its own. The
// function, which may be async, returns a number, for Sampler.Keep an array of booleans.
// An Error that it throws refuses the row.
async function byRow(q, operation) {
  const temperatures = decode(q.temperatures, Float64Array), topK = decode(q.topK, BigInt64Array);
  const topP = decode(q.topP, Float64Array), minP = decode(q.minP, Float64Array);
  const answer = [], errors = [];
  for (const [r, logits] of rowsOf(q).entries()) {
    const how = { temperature: temperatures[r], topK: Number(topK[r]), topP: topP[r], minP: minP[r] };
    try {
      answer.push(await operation({ logits, ...how, token: q.tokens?.[r], u: q.u?.[r], seed: q.seed + r }));
    } catch (error) {
      errors.push({ row: r, reason: reasonOf(error) });
      answer.push(q.operation === "Sampler.Keep" ? Array(q.vocab).fill(false) : 0);
    }
  }
  return { answer: answer.flat(), errors };
}

// rowsOf cuts logits into rows.
export const rowsOf = ({ logits, rows, vocab }) =>
  Array.from({ length: rows }, (_, r) => logits.subarray(r * vocab, (r + 1) * vocab));

// picked takes each row's token out of rows × vocab numbers.
export const picked = ({ tokens, vocab }, all) =>
  tokens.map((token, r) => {
    if (!(token >= 0 && token < vocab)) throw Error("ErrToken: outside the vocabulary");
    return all[r * vocab + token];
  });
