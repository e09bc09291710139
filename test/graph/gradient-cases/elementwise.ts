import { between, type Case, unary } from "./case.js";

export const elementwise: Case[] = [
  unary("neg", (o, x) => o.neg(x)),
  unary("sqrt", (o, x) => o.sqrt(x), { value: between(0.4, 3) }),
  unary("exp", (o, x) => o.exp(x)),
  unary("log", (o, x) => o.log(x), { value: between(0.4, 3) }),
  unary("abs", (o, x) => o.abs(x)),
  unary("sigmoid", (o, x) => o.sigmoid(x)),
  unary("tanh", (o, x) => o.tanh(x)),
  unary("relu", (o, x) => o.relu(x)),
  unary("leakyRelu", (o, x) => o.leakyRelu(x, 0.1), { dtype: "float32" }),
  unary("leakyRelu with slope 0", (o, x) => o.leakyRelu(x, 0), { dtype: "float32" }),
  unary("elu", (o, x) => o.elu(x), { dtype: "float32" }),
  unary("identity", (o, x) => o.identity(x)),
  unary("square", (o, x) => o.square(x)),
  unary("mul of a tensor with itself", (o, x) => o.mul(x, x)),
  unary("clamp", (o, x) => o.clamp(x, -0.8, 0.7), { inputs: { x: [12] }, value: (_, k) => (k - 5.7) / 4 }),
  unary("cast to float32 and back", (o, x) => o.cast(o.square(o.cast(x, "float32")), "float64"), {
    dtypes: { x: "float64" },
    dtype: "float32",
  }),
  unary("cast to float64 and back", (o, x) => o.cast(o.exp(o.cast(x, "float64")), "float32"), {
    dtype: "float32",
  }),
  unary("a float that also passes an integer", (o, x) =>
    o.mul(x, o.cast(o.cast(o.mul(x, 10), "int64"), "float64")),
  ),
  unary("floor and sign, flat between jumps", (o, x) => o.mul(x, o.add(o.sign(x), o.floor(o.mul(x, 4)))), {
    value: (_, k) => (k - 2.6) / 4,
  }),
  {
    name: "where, both branches",
    inputs: { a: [2, 3], b: [2, 3] },
    build: (o, { a, b }) => o.where(o.greater(a!, 0), o.square(a!), o.mul(a!, b!)),
  },
  {
    name: "where, branches and condition broadcast",
    inputs: { a: [3], b: [2, 1] },
    build: (o, { a, b }, graph) =>
      o.where(graph.constant("bool", [2, 2, 3], Uint8Array.of(1, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0)), a!, b!),
  },
  {
    name: "where with a number",
    inputs: { a: [2, 3] },
    build: (o, { a }) => o.add(o.where(o.less(a!, 0), a!, 2), o.where(o.less(a!, 0), 2, o.square(a!))),
  },
];
