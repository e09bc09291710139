import type { Case } from "./case.js";

export const gemms = [false, true].flatMap((transA) =>
  [false, true].map(
    (transB): Case => ({
      name: `gemm${transA ? ", A transposed" : ""}${transB ? ", B transposed" : ""}`,
      inputs: { a: transA ? [4, 2] : [2, 4], b: transB ? [3, 4] : [4, 3] },
      build: (o, { a, b }) => o.gemm(a!, b!, { transA, transB }),
    }),
  ),
);

export const products: Case[] = [
  ...gemms,
  {
    name: "gemm with open rows",
    inputs: { a: ["rows", 2], b: [3, 2] },
    build: (o, { a, b }) => o.gemm(a!, b!, { transB: true }),
  },
  {
    name: "matmul in batches, one side repeated",
    inputs: { a: [1, 2, 1, 2, 3], b: [3, 2, 2, 3, 2] },
    build: (o, { a, b }) => o.add(o.matmul(a!, b!), o.sum(o.matmul(b!, o.transpose(b!, [0, 1, 2, 4, 3])))),
  },
  { name: "matmul", inputs: { a: [2, 3], b: [3, 4] }, build: (o, { a, b }) => o.matmul(a!, b!) },
  {
    name: "matmul in batches",
    inputs: { a: ["rows", 2, 3], b: ["rows", 3, 2] },
    build: (o, { a, b }) => o.matmul(a!, b!),
  },
  {
    name: "matmul in batches on two axes",
    inputs: { a: [2, 2, 1, 3], b: [2, 2, 3, 2] },
    build: (o, { a, b }) => o.matmul(a!, b!),
  },
  {
    name: "squaredDistance",
    inputs: { x: ["rows", 3], c: [3] },
    build: (o, { x, c }) => o.squaredDistance(x!, c!),
  },
];
