import type { Tensor } from "../../../src/graph/tensor.js";
import { type Case, unary } from "./case.js";

export const rearrangements: Case[] = [
  unary("meanOver", (o, x) => o.meanOver(x, -1)),
  unary("sumTo a row", (o, x) => o.sumTo(x, [3])),
  unary("sumTo a column", (o, x) => o.sumTo(x, [2, 1])),
  unary("sumTo a scalar", (o, x) => o.sumTo(x, [])),
  unary("sumTo its own shape", (o, x) => o.sumTo(x, [2, 3])),
  unary("reshape", (o, x) => o.reshape(x, [3, 1, 2])),
  unary("reshape with an open length", (o, x) => o.reshape(x, ["rows", 2, 3]), {
    inputs: { x: ["rows", 6] },
  }),
  unary("transpose", (o, x) => o.transpose(x, [1, 0])),
  unary("transpose of four axes", (o, x) => o.transpose(x, [2, 0, 3, 1]), { inputs: { x: [2, 3, 1, 2] } }),
  unary("expand", (o, x) => o.expand(x, [2, 4, 3]), { inputs: { x: [4, 1] } }),
  {
    name: "expand to an open length",
    inputs: { x: [1, 3], model: ["rows", 3] },
    build: (o, { x, model }) => o.sub(o.exp(o.expand(x!, ["rows", 3], model!)), model!),
  },
  {
    name: "concat",
    inputs: { a: [2, 3], b: [2, 1], c: [2, 2] },
    build: (o, { a, b, c }) => o.concat([a!, b!, o.square(c!)], 1),
  },
  {
    name: "concat along a negative axis, of one tensor twice",
    inputs: { a: ["rows", 2] },
    build: (o, { a }) => o.concat([a!, a!], -1),
  },
  unary(
    "split, all parts used",
    (o, x) => {
      const [a, b, c] = o.split(x, 1, [2, 1, 3]) as [Tensor, Tensor, Tensor];
      return o.add(o.mul(a, b), o.sum(o.square(c)));
    },
    { inputs: { x: [2, 6] } },
  ),
  unary("split, one part used", (o, x) => o.exp(o.split(x, -1, [1, 3])[1]!), { inputs: { x: ["rows", 4] } }),
];
