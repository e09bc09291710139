export { attention, softmax } from "./attention.js";
export { normalizeBatch } from "./batch-normalization.js";
export { cast, detach } from "./cast.js";
export { type ConvOptions, conv, convTranspose } from "./conv.js";
export {
  abs,
  add,
  clamp,
  div,
  elu,
  equal,
  exp,
  floor,
  greater,
  greaterOrEqual,
  identity,
  isNaN,
  leakyRelu,
  less,
  lessOrEqual,
  log,
  maximum,
  minimum,
  mul,
  neg,
  not,
  type Operand,
  relu,
  sigmoid,
  sign,
  sqrt,
  square,
  sub,
  tanh,
  where,
} from "./elementwise.js";
export { encodeLabels } from "./label-encoder.js";
export { type LoopResult, type LoopStep, loop } from "./loop.js";
export { type LstmResult, lstm } from "./lstm.js";
export { type GemmOptions, gemm, matmul, squaredDistance } from "./matmul.js";
export { rmsNormalize } from "./normalize.js";
export { patches } from "./patches.js";
export { maxPool } from "./pool.js";
export { range } from "./range.js";
export { max, mean, meanOver, type ReduceOptions, sum, sumTo } from "./reduce.js";
export { resize } from "./resize.js";
export { concat, expand, gather, reshape, shapeOf, split, transpose } from "./shape.js";
export { smallest } from "./top-k.js";
export { type DecisionTree, treeSum } from "./tree-ensemble.js";
export { pad, windows } from "./windows.js";
