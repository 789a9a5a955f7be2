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
};

// serve answers questions until standard input ends. greeting is the first line but for
// its protocol and operations: the name, and what is left out. operations are
// functions, some of them async, that take a question with its numbers decoded (logits
// is a Float32Array of rows × vocab, tokens are an array of numbers, u is a
// Float64Array) and return an array of numbers. An Error that one throws refuses the
// question; a TypeError or ReferenceError, such as a misspelt name causes, is a bug of
// the adapter and ends it.
export async function serve(greeting, operations) {
  console.log(JSON.stringify({ protocol: "temper/1", ...greeting, operations: Object.keys(operations) }));
  for await (const line of createInterface({ input: process.stdin })) {
    const q = JSON.parse(line);
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
      reply = { answer: encode(packed[q.operation](await operations[q.operation](question))) };
    } catch (error) {
      if (error instanceof TypeError || error instanceof ReferenceError) throw error;
      reply = { error: error.message };
    }
    console.log(JSON.stringify({ id: q.id, ...reply }));
  }
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
