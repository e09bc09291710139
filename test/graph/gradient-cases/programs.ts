import { type Case, distinct } from "./case.js";

export const programs: Case[] = [
  {
    name: "three-layer network with a squared distance",
    dtype: "float32",
    inputs: { x: ["rows", 3], w1: [3, 4], w2: [4, 4], w3: [4, 2], c: [2] },
    build: (o, { x, w1, w2, w3, c }) => {
      const hidden = o.leakyRelu(o.matmul(o.leakyRelu(o.matmul(x!, w1!), 0.1), w2!), 0.1);
      return o.mean(o.squaredDistance(o.matmul(hidden, w3!), c!));
    },
  },
  {
    name: "a value used by several consumers",
    inputs: { x: [3] },
    build: (o, { x }) => {
      const y = o.tanh(x!);
      return o.add(o.mul(y, x!), o.div(o.exp(y), o.add(o.square(y), 1)));
    },
  },
  {
    name: "standardised columns",
    inputs: { x: ["rows", 3] },
    build: (o, { x }) => {
      const centred = o.sub(x!, o.mean(x!, [0], { keepDims: true }));
      return o.div(centred, o.sqrt(o.add(o.mean(o.square(centred), [0], { keepDims: true }), 1e-3)));
    },
  },
  {
    name: "log-sum-exp with the maximum taken out",
    inputs: { x: [2, 5] },
    value: distinct,
    build: (o, { x }) => {
      const top = o.max(x!, [1], { keepDims: true });
      return o.add(o.log(o.sum(o.exp(o.sub(x!, top)), [1], { keepDims: true })), top);
    },
  },
];
