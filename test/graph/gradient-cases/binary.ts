import type { Shape, Tensor } from "../../../src/graph/tensor.js";
import { type Case, distinct, type Operators, signed, unary } from "./case.js";

const broadcasts: [string, Shape, Shape][] = [
  ["same shape", [2, 3], [2, 3]],
  ["right repeated", [2, 3], [3]],
  ["left repeated", [3], [2, 3]],
  ["both repeated", [2, 1], [1, 3]],
  ["higher rank", [2], [2, 3, 1]],
  ["scalar", [2, 3], []],
  ["open length", ["rows", 3], [3]],
  ["open length against one", [1, 3], ["rows", 1]],
];
export const binary = (["add", "sub", "mul", "div", "maximum", "minimum"] as const).flatMap((operator) => [
  ...broadcasts.map(
    ([how, a, b]): Case => ({
      name: `${operator}, ${how}`,
      inputs: { a, b },
      build: (o, x) => o[operator](x.a!, x.b!),
      // The second operand's first element has index 0 as well: shifted, so that maxima are never tied.
      value: (uniform, index) => signed((uniform + index * 0.381966) % 1),
    }),
  ),
  unary(`${operator} with a number`, (o, x) => o[operator](x, 0.6), { value: distinct }),
  unary(`${operator} of a number`, (o, x) => o[operator](0.6, x), { value: distinct }),
  unary(`${operator} of a repeated tensor and a number`, (o, x) =>
    o.mul(o[operator](o.expand(o.reshape(x, [2, 1, 3]), [2, 2, 3]), 0.6), 3),
  ),
  {
    name: `${operator} of repeated tensors`,
    inputs: { a: [2, 1], b: [1, 3] },
    value: (uniform: number, index: number) => signed((uniform + index * 0.381966) % 1),
    build: (o: Operators, { a, b }: Record<string, Tensor>) =>
      o[operator](o.expand(a!, [2, 3]), o.expand(b!, [2, 3])),
  },
]);
