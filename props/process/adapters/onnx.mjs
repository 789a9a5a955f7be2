// ONNX models of one node, in protobuf by hand: no package that writes them is kept
// up. Field numbers are those of onnx.proto.
const varint = (n) => (n < 128 ? [n] : [(n % 128) | 128, ...varint(Math.floor(n / 128))]);
const int = (field, n) => [...varint(field * 8), ...varint(n)];
const bytes = (field, content) => [...varint(field * 8 + 2), ...varint(content.length), ...content];
const text = (field, string) => bytes(field, Buffer.from(string));
const message = (field, ...parts) => bytes(field, parts.flat());

// The kinds of attributes that are needed, and the types of elements.
const attribute = (name, type, ...value) => message(5, text(1, name), ...value, int(20, type));
export const floating = (name, x) => attribute(name, 1, [2 * 8 + 5, ...Buffer.from(Float32Array.of(x).buffer)]);
export const integer = (name, n) => attribute(name, 2, int(3, n));
export const integers = (name, list) => attribute(name, 7, list.flatMap((n) => int(8, n)));
export const FLOAT = 1, INT64 = 7;

const tensor = (field, name, type) => message(field, text(1, name), message(2, message(1, int(1, type))));

// model is y = operator(x) of operator set 13, for x of float32 in any shape and y
// with elements of a type.
export function model(operator, attributes, type = FLOAT) {
  const node = message(1, text(1, "x"), text(2, "y"), text(4, operator), ...attributes);
  const graph = message(7, node, text(2, operator), tensor(11, "x", FLOAT), tensor(12, "y", type));
  return Uint8Array.from([...int(1, 7), ...graph, ...message(8, int(2, 13))]);
}
